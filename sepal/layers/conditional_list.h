// Losses and updates that belong to certain inputs, as `add_loss(losses, inputs)` registers them.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/graph/keras_tensor.h"

namespace sepal {

/// The inputs that something depends on: these values in this order, by identity. None of them: it depends on
/// no input.
class CallInputs {
 public:
  CallInputs() = default;
  CallInputs(std::nullptr_t) {}                                    // NOLINT: None
  CallInputs(const Tensor& input) : CallInputs(Tensors{input}) {}  // NOLINT
  CallInputs(const Tensors& inputs) {                              // NOLINT
    for (const Tensor& input : inputs) ids_.push_back(input.id());
  }
  CallInputs(const KerasTensor& input) : CallInputs(KerasTensors{input}) {}  // NOLINT
  CallInputs(const KerasTensors& inputs) {                                   // NOLINT
    for (const KerasTensor& input : inputs) symbols_.push_back(input.data());
  }

  bool none() const { return ids_.empty() && symbols_.empty(); }
  bool symbolic() const { return !symbols_.empty(); }
  bool operator==(const CallInputs&) const = default;

 private:
  std::vector<std::uint64_t> ids_;
  std::vector<std::shared_ptr<const KerasTensorData>> symbols_;
};

template <class T>
class ConditionalList {
 public:
  void add(T value, CallInputs inputs) { entries_.push_back({std::move(value), std::move(inputs)}); }
  void clear() { entries_.clear(); }

  std::vector<T> all() const {
    return where([](const CallInputs&) { return true; });
  }
  /// What was registered with exactly these inputs.
  std::vector<T> of(const CallInputs& inputs) const {
    return where([&](const CallInputs& registered) { return registered == inputs; });
  }
  /// What was registered with inputs that `fits` accepts.
  template <class Fits>
  std::vector<T> where(Fits fits) const {
    std::vector<T> found;
    for (const Entry& entry : entries_) {
      if (fits(entry.inputs)) found.push_back(entry.value);
    }
    return found;
  }

 private:
  struct Entry {
    T value;
    CallInputs inputs;
  };

  std::vector<Entry> entries_;
};

}  // namespace sepal
