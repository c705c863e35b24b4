// Training, and what is written of it.
#pragma once

#include <cstdint>
#include <string>

namespace fashion_mnist {

struct TrainArguments {
  std::int64_t epochs = 5;
  std::int64_t batch_size = 128;
  std::uint64_t seed = 0;
  /// 0: as many as there are processors.
  int threads = 0;
  std::string out = "out/fashion_mnist";
};

/// Trains the model on Fashion-MNIST and writes into `out`: model.keras (after every epoch),
/// test_predictions.npy, history.csv and three pictures. Returns the exit status: 0, or 130 after Ctrl-C.
int train(const TrainArguments& arguments);

/// Loads model.keras of `out`, predicts the test pictures and compares with test_predictions.npy. Returns 0
/// if all bits are the same, 1 if not.
int check(const std::string& out, int threads);

}  // namespace fashion_mnist
