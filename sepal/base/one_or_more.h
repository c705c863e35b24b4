// OneOrMore: what Python gives as "a single value if there is one, else a list".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sepal/base/error.h"

namespace sepal {

/// Several values, or one that stands for itself: `KerasTensor x = layer->input();`.
template <class T>
class OneOrMore {
 public:
  explicit OneOrMore(std::vector<T> values) : values_(std::move(values)) {}

  bool is_single() const { return values_.size() == 1; }
  std::size_t size() const { return values_.size(); }
  const T& operator[](std::size_t i) const { return values_[i]; }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  const std::vector<T>& list() const { return values_; }

  /// @throws ValueError if there is not exactly one.
  const T& only() const {
    if (!is_single()) {
      throw ValueError("Expected one value, but there are " + std::to_string(values_.size()) +
                       ": read them by `list()`.");
    }
    return values_[0];
  }
  operator const T&() const { return only(); }  // NOLINT: reads like Python
  const T* operator->() const { return &only(); }

  bool operator==(const OneOrMore&) const = default;
  bool operator==(const T& value) const { return is_single() && values_[0] == value; }

 private:
  std::vector<T> values_;
};

}  // namespace sepal
