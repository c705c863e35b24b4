#include "sepal/weights/autocast_scope.h"

#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

thread_local const AutocastScope* innermost = nullptr;

}  // namespace

AutocastScope::AutocastScope(std::optional<DType> dtype) : outer_(innermost), dtype_(dtype) {
  innermost = this;
}

AutocastScope::~AutocastScope() { innermost = outer_; }

bool AutocastScope::is_open() { return innermost != nullptr; }

Tensor AutocastScope::cast(const Tensor& value) {
  const bool applies = innermost != nullptr && innermost->dtype_ && is_floating(value.dtype());
  return applies ? ops::cast(value, *innermost->dtype_) : value;
}

}  // namespace sepal
