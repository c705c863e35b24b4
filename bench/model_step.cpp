// Milliseconds of each training step of a compiled model, and the most memory that the process took: one line
// of JSON for bench/rivals/steps.py. usage: model_step FILE THREADS STEPS      16 images a step
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bench/layer_problem.h"
#include "sepal/base/parallel.h"
#include "sepal/saving/load_model.h"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  if (argc != 4) {
    std::fprintf(stderr, "usage: model_step FILE THREADS STEPS\n");
    return 2;
  }
  sepal::set_num_threads(std::atoi(argv[2]));
  const sepal::Model model = sepal::load_model(argv[1]);
  sepal::Shape shape = model->input_shape().only();
  shape[0] = 16;
  const sepal::Tensor x = sepal::bench::hashed_tensor(shape, 1);
  sepal::Tensor labels({16}, sepal::DType::int32);
  for (int i = 0; i < 16; ++i) labels.mutable_data<std::int32_t>()[i] = i * 37 % 1000;
  // The first step makes the optimizer's variables and packs what is packed once.
  model->train_on_batch(x, labels);
  std::printf("{\"ms\": [");
  for (int step = 0; step < std::atoi(argv[3]); ++step) {
    const Clock::time_point start = Clock::now();
    model->train_on_batch(x, labels);
    const std::chrono::duration<double, std::milli> taken = Clock::now() - start;
    std::printf("%s%.2f", step > 0 ? ", " : "", taken.count());
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("], \"memory_mib\": %.0f}\n", static_cast<double>(usage.ru_maxrss) / 1024);
  return 0;
}
