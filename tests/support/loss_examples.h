// Targets and predictions of four rows, for losses and metrics.
#pragma once

#include <cstdint>

#include "sepal/base/tensor.h"

namespace sepal::testing {

inline const Tensor kShares =
    Tensor::from({0.2, 0.7, 0.1, 0.0, 1.0, 0.0, 0.5, 0.25, 0.25, 1.0, 0.0, 0.0}, {4, 3});
inline const Tensor kProbabilities =
    Tensor::from({0.3, 0.6, 0.1, 0.8, 0.15, 0.05, 0.2, 0.5, 0.3, 0.9, 0.05, 0.25}, {4, 3});
inline const Tensor kLogits =
    Tensor::from({1.5, -0.5, 0.25, -2.0, 0.75, 3.0, 0.1, 0.2, -0.3, 4.0, -1.0, 0.5}, {4, 3});
inline const Tensor kBits = Tensor::from({1., 0., 1., 0., 1., 0., 1., 1., 0., 0., 0., 1.}, {4, 3});
inline const Tensor kLabels = Tensor::from<std::int64_t>({2, 0, 1, 0}, {4});
inline const Tensor kWeights = Tensor::from({1.0, 0.5, 2.0, 0.0}, {4});

}  // namespace sepal::testing
