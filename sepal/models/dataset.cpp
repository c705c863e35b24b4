#include "sepal/models/dataset.h"

#include <fmt/format.h>

#include <cmath>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

template <class F>
Dataset map_tensors(const Dataset& data, F f) {
  Dataset result;
  for (const Tensor& tensor : data.x) result.x.push_back(f(tensor));
  for (const Tensor& tensor : data.y) result.y.push_back(f(tensor));
  if (data.sample_weight.defined()) result.sample_weight = f(data.sample_weight);
  return result;
}

}  // namespace

Dataset Dataset::slice(std::int64_t begin, std::int64_t end) const {
  return map_tensors(*this, [&](const Tensor& tensor) { return tensor.rows(begin, end); });
}

Dataset Dataset::take(const std::vector<std::int64_t>& rows) const {
  return map_tensors(*this, [&](const Tensor& tensor) { return ops::take_rows(tensor, rows); });
}

Dataset make_dataset(const TensorGroup& x, const TensorGroup& y, const Tensor& sample_weight) {
  if (x.empty()) throw ValueError("Expected data in argument `x`. Received: no tensor");
  Dataset data{x.tensors(), y.empty() ? Tensors{} : y.tensors(), sample_weight};
  std::string sizes;
  bool agree = true;
  const auto look_at = [&](const Tensor& tensor, const char* what) {
    if (tensor.rank() < 1) {
      throw ValueError(
          fmt::format("Data must have a batch axis. Received: {} of shape {}", what, tensor.shape().str()));
    }
    agree = agree && tensor.shape()[0] == data.rows();
    sizes += fmt::format("{}{}: {}", sizes.empty() ? "" : ", ", what, tensor.shape()[0]);
  };
  for (const Tensor& tensor : data.x) look_at(tensor, "x");
  for (const Tensor& tensor : data.y) look_at(tensor, "y");
  if (sample_weight.defined()) look_at(sample_weight, "sample_weight");
  if (!agree) {
    throw ValueError(
        fmt::format("Data cardinality is ambiguous. Make sure all arrays contain the same number of "
                    "samples. Received sizes: {}",
                    sizes));
  }
  if (data.rows() == 0) throw ValueError("Expected at least one sample. Received: x with 0 rows");
  return data;
}

Tensor weights_of_classes(const Tensors& y, const std::map<std::int64_t, double>& class_weight) {
  if (y.size() != 1) {
    throw ValueError(fmt::format(
        "`class_weight` is only supported for models with a single output. Received: {} outputs", y.size()));
  }
  const bool is_one_hot = y[0].rank() > 1 && y[0].shape().back() > 1;
  const Tensor classes = is_one_hot ? ops::argmax(y[0], -1) : y[0];
  Tensor weights(Shape{classes.num_elements()}, DType::float32);
  auto* out = weights.mutable_data<float>();
  for (std::int64_t i = 0; i < classes.num_elements(); ++i) {
    const auto found = class_weight.find(std::llround(classes.at(i)));
    out[i] = found == class_weight.end() ? 1.0F : static_cast<float>(found->second);
  }
  return weights;
}

std::pair<Dataset, Dataset> split_dataset(const Dataset& data, double share) {
  const std::int64_t rows = data.rows();
  const auto first = static_cast<std::int64_t>(std::floor(static_cast<double>(rows) * (1.0 - share)));
  if (!(share > 0.0 && share < 1.0) || first <= 0 || first >= rows) {
    throw ValueError(
        fmt::format("Training data contains {} samples, which is not sufficient to split it into a "
                    "validation and training set as specified by `validation_split={}`.",
                    rows, share));
  }
  return {data.slice(0, first), data.slice(first, rows)};
}

}  // namespace sepal
