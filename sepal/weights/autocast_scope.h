// AutocastScope: in which dtype float variables are read (keras.src.backend.AutocastScope).
#pragma once

#include <optional>

#include "sepal/base/tensor.h"

namespace sepal {

/// While the innermost one lives, this thread reads float variables in `dtype`, or as they are if there is
/// none. A layer opens one for its call where the dtype of its variables is not the one it computes in, or
/// where a caller has opened one.
class AutocastScope {
 public:
  explicit AutocastScope(std::optional<DType> dtype);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

  /// Whether this thread is inside of one.
  static bool is_open();
  /// `value` in the dtype of the innermost scope; recorded, as `ops::cast` is.
  static Tensor cast(const Tensor& value);

 private:
  const AutocastScope* outer_;
  std::optional<DType> dtype_;
};

}  // namespace sepal
