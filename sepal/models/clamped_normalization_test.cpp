// Batch normalization and a ReLU behind it are one pass of a training step: what comes out is the same.
#include "sepal/models/clamped_normalization.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/random.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/ops/activations.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_close;
using testing::varied;

using Activation = Ref<Layer> (*)();

Ref<Layer> relu() { return layers::ReLU(); }
Ref<Layer> relu6() { return layers::ReLU({.max_value = 6.0}); }
Ref<Layer> named() { return layers::Activation({.activation = "relu"}); }
// The same functions, which nothing recognizes.
Ref<Layer> own_relu() {
  return layers::Activation({.activation = [](const Tensor& x) { return ops::relu(x); }});
}
Ref<Layer> own_relu6() {
  return layers::Activation({.activation = [](const Tensor& x) { return ops::relu6(x); }});
}

Model classifier(Activation activation) {
  set_random_seed(3);
  const KerasTensor in = Input({.shape = {6, 6, 2}});
  KerasTensor x = layers::SeparableConv2D({.filters = 5, .kernel_size = 3})(in);
  x = activation()(layers::BatchNormalization()(x));
  x = layers::Conv2D({.filters = 4, .kernel_size = 3})(x);
  x = activation()(layers::BatchNormalization({.scale = false})(x));
  return Model(in, layers::Dense({.units = 3, .activation = "softmax"})(layers::Flatten()(x)));
}

Model chain(Activation activation) {
  set_random_seed(3);
  return Sequential({Input({.shape = {8}}), layers::Dense({.units = 12}), layers::BatchNormalization(),
                     activation(), layers::Dense({.units = 3, .activation = "softmax"})});
}

Tensors weights_after_training(const Model& model, const Shape& input) {
  model->compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  const Tensor x = varied(input, 1, DType::float32);
  const Tensor y = Tensor::from<std::int32_t>({0, 1, 2, 0, 1, 2, 1, 0}, {8});
  for (int step = 0; step < 4; ++step) (void)model->train_on_batch(x, y);
  return model->get_weights();
}

void expect_same_training(Model (*build)(Activation), Activation fused, Activation plain,
                          const Shape& input) {
  const Tensors got = weights_after_training(build(fused), input);
  const Tensors want = weights_after_training(build(plain), input);
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) expect_close(got[i], want[i], 0.0, 0.0);
}

TEST(ClampedNormalization, TrainsAsTheTwoLayersDo) {
  expect_same_training(classifier, relu, own_relu, {8, 6, 6, 2});
  expect_same_training(classifier, named, own_relu, {8, 6, 6, 2});
  expect_same_training(classifier, relu6, own_relu6, {8, 6, 6, 2});
  expect_same_training(chain, relu, own_relu, {8, 8});
}

TEST(ClampedNormalization, IsForCallsThatItMaySpeedUp) {
  layers::BatchNormalization normalization;
  layers::ReLU activation;
  EXPECT_TRUE(may_clamp(*normalization, *activation));
  EXPECT_FALSE(may_clamp(*activation, *normalization));
  EXPECT_FALSE(may_clamp(*normalization, *layers::ReLU({.negative_slope = 0.1})));
  // Its gradient at the ceiling is not that of a clamp.
  EXPECT_FALSE(may_clamp(*normalization, *layers::ReLU({.max_value = 1.0})));

  const Tensor x = varied({4, 3}, 1, DType::float32);
  Tensors losses;
  const CallContext training{.training = true, .losses = &losses};
  EXPECT_FALSE(normalized_and_clamped(*normalization, *activation, x, training));  // not built
  normalization->build_for({4, 3});
  activation->build_for({4, 3});
  EXPECT_FALSE(normalized_and_clamped(*normalization, *activation, x, {.losses = &losses}));
  EXPECT_FALSE(normalized_and_clamped(*normalization, *activation, x.astype(DType::float64), training));
  const Tensor masked = x.with_mask(Tensor::ones({4}, DType::boolean));
  EXPECT_FALSE(normalized_and_clamped(*normalization, *activation, masked, training));
  EXPECT_TRUE(normalized_and_clamped(*normalization, *activation, x, training));
  normalization->set_trainable(false);
  EXPECT_FALSE(normalized_and_clamped(*normalization, *activation, x, training));
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST(TrainingStep, TakesNoMoreMemoryFromStepToStep) {
  if (resident_bytes() == 0) GTEST_SKIP() << "this system does not tell";
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer keeps for a while what is freed";
#endif
  const Model model = classifier(relu);
  model->compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  const Tensor x = varied({32, 6, 6, 2}, 1, DType::float32);
  const Tensor y = Tensor::zeros({32}, DType::int32);
  const auto train = [&](int steps) {
    for (int step = 0; step < steps; ++step) (void)model->train_on_batch(x, y);
  };
  train(20);
  const std::int64_t before = resident_bytes();
  train(1000);
  // One gradient of the input kept in each step would be 9 MB.
  EXPECT_LT(resident_bytes() - before, 2 << 20);
}

}  // namespace
}  // namespace sepal
