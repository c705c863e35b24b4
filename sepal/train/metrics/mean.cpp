#include "sepal/train/metrics/mean.h"

#include <functional>
#include <numeric>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "sepal/train/losses/loss_values.h"

namespace sepal::metrics {
namespace {

using Reduce = std::function<Tensor(const Tensor&, const ops::Axes&, bool)>;

struct Samples {
  Tensor values;  // (n,) or a scalar, weighted
  Tensor weight;  // (n,), or not defined
};

Tensor reduced_from(const Tensor& x, int first_axis, const Reduce& reduce) {
  if (x.rank() <= first_axis) return x;
  std::vector<std::int64_t> axes(static_cast<std::size_t>(x.rank() - first_axis));
  std::iota(axes.begin(), axes.end(), first_axis);
  return reduce(x, axes, false);
}

// Keras: reduce_to_samplewise_values.
Samples samplewise(const Tensor& given, const Tensor& sample_weight, const Tensor& mask,
                   const Reduce& reduce) {
  Tensor values = given.astype(DType::float64);
  Tensor weight;
  if (sample_weight.defined()) {
    weight = masked_weight(sample_weight, mask, DType::float64, "sum");
    const SameRank same = squeeze_or_expand_to_same_rank(values, weight);
    const int weight_rank = same.b.rank();
    values = reduced_from(same.a, weight_rank, reduce);
    weight = ops::broadcast_to(same.b, values.shape());
    values = ops::multiply(values, weight);
    weight = reduced_from(weight, 1, reduce);
  }
  return {reduced_from(values, 1, reduce), weight};
}

}  // namespace

void Mean::update_state(const Tensor& values, const Tensor& sample_weight, const Tensor& mask) {
  const GradientTape::Pause pause;
  const auto mean = [](const Tensor& x, const ops::Axes& axes, bool keepdims) {
    return ops::mean(x, axes, keepdims);
  };
  const Samples samples = samplewise(values, sample_weight, mask, mean);
  total_ += ops::sum(samples.values).item();
  count_ += samples.weight.defined() ? ops::sum(samples.weight).item()
                                     : static_cast<double>(samples.values.num_elements());
}

void Mean::add(double value, double weight) {
  total_ += value * weight;
  count_ += weight;
}

double Mean::result() const { return count_ == 0.0 ? 0.0 : total_ / count_; }

void Mean::reset_state() { total_ = count_ = 0.0; }

void Sum::update_state(const Tensor& values, const Tensor& sample_weight) {
  const GradientTape::Pause pause;
  const auto sum = [](const Tensor& x, const ops::Axes& axes, bool keepdims) {
    return ops::sum(x, axes, keepdims);
  };
  total_ += ops::sum(samplewise(values, sample_weight, {}, sum).values).item();
}

}  // namespace sepal::metrics
