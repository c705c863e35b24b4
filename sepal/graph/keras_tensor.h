// KerasTensor: a value that a model will compute, known by shape and dtype only (keras.KerasTensor).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sepal/graph/operation.h"

namespace sepal {

class KerasTensor {
 public:
  /// Not a value; `defined()` is false.
  KerasTensor() = default;
  KerasTensor(std::shared_ptr<const KerasTensorData> data, std::shared_ptr<Node> node, int tensor_index)
      : data_(std::move(data)), node_(std::move(node)), tensor_index_(tensor_index) {}

  bool defined() const { return data_ != nullptr; }
  /// What is known of it.
  /// @throws ValueError if it is not defined.
  const Shape& shape() const { return known().shape; }
  DType dtype() const { return known().dtype; }
  const std::string& name() const { return known().name; }

  /// The mask that comes with it (batch and time axes, bool); not defined if there is none. It has no history
  /// of its own.
  KerasTensor mask() const { return {known().mask, nullptr, 0}; }

  /// The call that makes this value; nullptr when the value has no history.
  const std::shared_ptr<Node>& node() const { return node_; }
  /// Which of that call's outputs this is.
  int tensor_index() const { return tensor_index_; }

  const std::shared_ptr<const KerasTensorData>& data() const { return data_; }

  /// The same value, not an equal one.
  bool operator==(const KerasTensor& other) const { return data_ == other.data_; }

  /// "<KerasTensor shape=(None, 28, 28, 1), dtype=float32, sparse=False, ragged=False, name=image>"
  std::string str() const;

 private:
  friend class Node;
  const KerasTensorData& known() const;

  std::shared_ptr<const KerasTensorData> data_;
  std::shared_ptr<Node> node_;
  int tensor_index_ = 0;
};

using KerasTensors = std::vector<KerasTensor>;

}  // namespace sepal
