// The program of the README, on fewer pictures.
#include <sepal/sepal.h>

#include <cstdio>

using namespace sepal;

int main() {
  const ImageDataset data = load_fashion_mnist();

  const KerasTensor image = Input({.shape = {28, 28, 1}});
  KerasTensor x = layers::Rescaling({.scale = 1.0 / 255})(image);
  x = layers::SeparableConv2D({.filters = 32, .kernel_size = 3, .activation = "relu"})(x);
  x = layers::MaxPooling2D()(x);
  x = layers::SeparableConv2D({.filters = 64, .kernel_size = 3, .activation = "relu"})(x);
  x = layers::GlobalAveragePooling2D()(x);
  const Model model(image, layers::Dense({.units = 10})(x));

  model->compile({.optimizer = "adam",
                  .loss = losses::SparseCategoricalCrossentropy({.from_logits = true}),
                  .metrics = {"accuracy"}});
  model->fit(data.train_x.rows(0, 100), data.train_y.rows(0, 100), {.batch_size = 50, .epochs = 2});
  model->save("fashion.keras");

  const Model again = load_model("fashion.keras");
  const Tensor logits = again->predict(data.test_x.rows(0, 1));
  std::printf("%s: %s\n", data.class_names[9].c_str(), logits.str().c_str());
  return logits.shape() == Shape{1, 10} ? 0 : 1;
}
