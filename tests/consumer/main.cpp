// What a user's first program does: the length of a vector.
#include <sepal/sepal.h>

#include <cstdio>

int main() {
  const auto vector = sepal::Tensor::from<float>({3, 4}, {2});
  const sepal::Tensor squared = sepal::ops::sum(sepal::ops::multiply(vector, vector));
  std::printf("squared length: %s\n", squared.str().c_str());
  return squared.item() == 25 ? 0 : 1;
}
