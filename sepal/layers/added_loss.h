// What `add_loss` and `add_update` take.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <utility>

#include "sepal/base/tensor.h"

namespace sepal {

/// A term of a layer's loss: a value, or a function that gives the value anew at each read (of weights, say:
/// only so does it follow them in training and has a gradient).
class AddedLoss {
 public:
  AddedLoss(Tensor value) : AddedLoss([value = std::move(value)] { return value; }) {}  // NOLINT
  AddedLoss(double value) : AddedLoss(Tensor::scalar(value, floatx())) {}               // NOLINT
  template <std::invocable F>
  AddedLoss(F function)  // NOLINT: add_loss([&] { return ops::sum(kernel.value()); })
      : function_(std::make_shared<const std::function<Tensor()>>(std::move(function))) {}

  Tensor operator()() const { return (*function_)(); }
  /// The same term, not an equal one.
  bool operator==(const AddedLoss&) const = default;

 private:
  std::shared_ptr<const std::function<Tensor()>> function_;
};

/// Something to do after each training step.
class Update {
 public:
  template <std::invocable F>
  Update(F function)  // NOLINT: add_update([&] { … })
      : function_(std::make_shared<const std::function<void()>>(std::move(function))) {}

  void operator()() const { (*function_)(); }
  bool operator==(const Update&) const = default;

 private:
  std::shared_ptr<const std::function<void()>> function_;
};

}  // namespace sepal
