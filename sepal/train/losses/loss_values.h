// What losses and metrics do with targets, predictions and weights before and after the formula
// (keras.losses.Loss).
#pragma once

#include <string>

#include "sepal/base/tensor.h"

namespace sepal {

/// One value per sample (or per sample and position).
struct LossValues {
  Tensor values;
  /// Boolean, of the values' shape; false where a value does not count. Not defined: all count.
  Tensor mask = {};

  LossValues(Tensor v, Tensor m = {}) : values(std::move(v)), mask(std::move(m)) {}  // NOLINT
};

/// Two tensors whose ranks differ by one because of a last axis of length 1: (n,) against (n, 1) becomes
/// (n, 1) twice, any other such pair loses the axis.
struct SameRank {
  Tensor a;
  Tensor b;
};
SameRank squeeze_or_expand_to_same_rank(const Tensor& a, const Tensor& b, bool expand_rank_1 = true);

/// y_true in the dtype of y_pred, both of one rank.
struct Compared {
  Tensor y_true;
  Tensor y_pred;
};
Compared to_compare(const Tensor& y_true, const Tensor& y_pred);

/// The weights of samples that a mask leaves: for the reductions that divide by the number of values they
/// grow so that only what is left counts. Not defined if neither is given.
Tensor masked_weight(const Tensor& sample_weight, const Tensor& mask, DType dtype,
                     const std::string& reduction);

/// "sum_over_batch_size" and "mean" (both the sum divided by the number of values), "sum", "none",
/// "mean_with_sample_weight" (divided by the sum of the weights).
/// @throws ValueError for anything else.
void check_reduction(const std::string& reduction);

/// `values` weighted, masked and reduced; sample_weight and mask may be not defined.
Tensor reduce_weighted_values(const LossValues& values, const Tensor& sample_weight, const Tensor& mask,
                              const std::string& reduction);

}  // namespace sepal
