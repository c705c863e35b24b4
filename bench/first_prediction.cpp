// From the start of a process to a model's first prediction: for timing the whole program from outside.
// usage: first_prediction FILE      one image whose every number is 0.5
#include <cstdio>

#include "sepal/saving/load_model.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: first_prediction FILE\n");
    return 2;
  }
  const sepal::Model model = sepal::load_model(argv[1], {.compile = false});
  sepal::Shape shape = model->input_shape().only();
  shape[0] = 1;
  const sepal::Tensor y = model->predict(sepal::Tensor::full(shape, 0.5));
  std::printf("%g\n", y.at(0));
  return 0;
}
