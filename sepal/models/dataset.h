// Data for training: tensors of equally many rows, handed out in batches.
#pragma once

#include <initializer_list>
#include <map>
#include <utility>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal {

/// One tensor, or one for each input or output of a model.
class TensorGroup {
 public:
  TensorGroup() = default;
  TensorGroup(Tensor tensor) : tensors_{std::move(tensor)} {}     // NOLINT: fit(x, y)
  TensorGroup(Tensors tensors) : tensors_(std::move(tensors)) {}  // NOLINT
  TensorGroup(std::initializer_list<Tensor> tensors) : tensors_(tensors) {}

  bool empty() const { return tensors_.empty() || !tensors_[0].defined(); }
  const Tensors& tensors() const { return tensors_; }

 private:
  Tensors tensors_;
};

/// x, y and the weight of each sample; y and the weights may be missing.
struct Dataset {
  Tensors x;
  Tensors y;
  /// (rows,), or (rows, …) as the loss broadcasts it; not defined: all 1.
  Tensor sample_weight;

  std::int64_t rows() const { return x.empty() ? 0 : x[0].shape()[0]; }
  /// Rows [begin, end); shares the memory.
  Dataset slice(std::int64_t begin, std::int64_t end) const;
  /// The rows of these numbers, copied.
  Dataset take(const std::vector<std::int64_t>& rows) const;
};

/// @throws ValueError "Data cardinality is ambiguous. …" if the tensors do not have equally many rows, or
/// there are none.
Dataset make_dataset(const TensorGroup& x, const TensorGroup& y, const Tensor& sample_weight);

/// The weight of each sample by its class: y holds class numbers, (rows,) or (rows, 1), or one row of
/// probabilities for each sample. Classes without a weight count 1.
/// @throws ValueError if the model has several outputs.
Tensor weights_of_classes(const Tensors& y, const std::map<std::int64_t, double>& class_weight);

/// The first and the last part, `share` of the rows going to the second (Keras: validation_split).
/// @throws ValueError if `share` is not in (0, 1) or one part would be empty.
std::pair<Dataset, Dataset> split_dataset(const Dataset& data, double share);

}  // namespace sepal
