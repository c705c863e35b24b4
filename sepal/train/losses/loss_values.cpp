#include "sepal/train/losses/loss_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

Tensor with_last_axis(const Tensor& x) {
  Shape shape = x.shape();
  shape.push_back(1);
  return ops::reshape(x, shape);
}

Tensor without_last_axis(const Tensor& x) { return ops::reshape(x, x.shape().slice(0, x.rank() - 1)); }

// Keras's divide_no_nan: 0 for an empty mean.
Tensor divided(const Tensor& sum, double count) {
  return ops::multiply(sum, count == 0.0 ? 0.0 : 1.0 / count);
}

}  // namespace

SameRank squeeze_or_expand_to_same_rank(const Tensor& a, const Tensor& b, bool expand_rank_1) {
  const auto longer_by_one = [](const Tensor& x, const Tensor& y) {
    return x.rank() == y.rank() + 1 && x.shape().back() == 1;
  };
  if (longer_by_one(a, b)) {
    if (b.rank() == 1 && expand_rank_1) return {a, with_last_axis(b)};
    return {without_last_axis(a), b};
  }
  if (longer_by_one(b, a)) {
    if (a.rank() == 1 && expand_rank_1) return {with_last_axis(a), b};
    return {a, without_last_axis(b)};
  }
  return {a, b};
}

Compared to_compare(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor prediction = is_computable(y_pred.dtype()) ? y_pred : ops::cast(y_pred, floatx());
  const SameRank same = squeeze_or_expand_to_same_rank(ops::cast(y_true, prediction.dtype()), prediction);
  return {same.a, same.b};
}

Tensor masked_weight(const Tensor& sample_weight, const Tensor& mask, DType dtype,
                     const std::string& reduction) {
  if (!mask.defined()) return sample_weight.defined() ? sample_weight.astype(dtype) : Tensor();
  Tensor weight = mask.astype(dtype);
  if (reduction == "mean" || reduction == "sum_over_batch_size") {
    const double valid = ops::sum(weight).item();
    weight = ops::multiply(weight, valid == 0.0 ? 0.0 : static_cast<double>(weight.num_elements()) / valid);
  }
  if (!sample_weight.defined()) return weight;
  const SameRank same = squeeze_or_expand_to_same_rank(weight, sample_weight.astype(dtype));
  return ops::multiply(same.b, same.a);
}

void check_reduction(const std::string& reduction) {
  constexpr std::array<std::string_view, 5> kAllowed = {"sum_over_batch_size", "sum", "none", "mean",
                                                        "mean_with_sample_weight"};
  if (std::find(kAllowed.begin(), kAllowed.end(), reduction) != kAllowed.end()) return;
  throw ValueError(
      fmt::format("Invalid value for argument `reduction`. Expected one of {}. Received: reduction={}",
                  fmt::join(kAllowed, ", "), reduction));
}

Tensor reduce_weighted_values(const LossValues& loss, const Tensor& sample_weight, const Tensor& mask,
                              const std::string& reduction) {
  Tensor values = loss.values;
  Tensor both = mask.defined() ? mask : loss.mask;
  if (mask.defined() && loss.mask.defined()) {
    both = ops::multiply(mask.astype(values.dtype()), loss.mask.astype(values.dtype()));
  }
  Tensor weight = masked_weight(sample_weight, both, values.dtype(), reduction);
  if (weight.defined()) {
    const SameRank same = squeeze_or_expand_to_same_rank(values, weight);
    values = ops::multiply(same.a, same.b);
    weight = same.b;
  }
  if (reduction == "none" || values.rank() == 0) return values;
  const Tensor total = ops::sum(values);
  if (reduction == "sum") return total;
  if (reduction == "mean_with_sample_weight" && weight.defined()) {
    return divided(total, ops::sum(weight).item());
  }
  return divided(total, static_cast<double>(values.num_elements()));
}

}  // namespace sepal
