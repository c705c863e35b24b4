// Seconds of each training epoch of the Fashion-MNIST example, one line of JSON for
// bench/rivals/fashion_mnist_epoch.py. usage: fashion_mnist_epoch THREADS EPOCHS
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "examples/fashion_mnist/small_xception.h"
#include "sepal/sepal.h"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  if (argc != 3) {
    std::fprintf(stderr, "usage: fashion_mnist_epoch THREADS EPOCHS\n");
    return 2;
  }
  sepal::set_num_threads(std::atoi(argv[1]));
  sepal::set_random_seed(0);
  const sepal::ImageDataset data = sepal::load_fashion_mnist();
  const sepal::Model model = fashion_mnist::small_xception();
  model->compile({.optimizer = "adam",
                  .loss = sepal::losses::SparseCategoricalCrossentropy({.from_logits = true}),
                  .metrics = {"accuracy"}});
  std::printf("{\"seconds\": [");
  double accuracy = 0.0;
  for (int epoch = 0; epoch < std::atoi(argv[2]); ++epoch) {
    const Clock::time_point start = Clock::now();
    const sepal::History history = model->fit(data.train_x, data.train_y, {.batch_size = 128, .verbose = 0});
    std::printf("%s%.3f", epoch > 0 ? ", " : "", std::chrono::duration<double>(Clock::now() - start).count());
    accuracy = history.history.at("accuracy").back();
  }
  std::printf("], \"accuracy\": %.4f}\n", accuracy);
  return 0;
}
