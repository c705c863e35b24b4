// SpatialPairs: what is added or cut before and behind each spatial axis (`padding`, `cropping`).
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sepal/base/config.h"

namespace sepal {

/// `1` for every side; `{1, 2}`: an amount for both sides of each axis (with one spatial axis: before and
/// behind it); `{{1, 2}, {3, 4}}`: before and behind each axis.
class SpatialPairs {
 public:
  SpatialPairs() = default;
  SpatialPairs(int amount)
      : entries_{IntTuple(amount)}, is_scalar_(true) {}  // NOLINT: Keras takes a bare int
  SpatialPairs(std::initializer_list<IntTuple> entries) : entries_(entries) {}
  explicit SpatialPairs(std::vector<IntTuple> entries) : entries_(std::move(entries)) {}
  static SpatialPairs scalar(std::int64_t amount);

  bool is_scalar() const { return is_scalar_; }
  const std::vector<IntTuple>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  /// (before, behind) of a spatial axis; only after standardize_pairs.
  std::pair<std::int64_t, std::int64_t> operator[](std::size_t axis) const {
    return {entries_[axis][0], entries_[axis][1]};
  }
  /// "((1, 2), (3, 4))"
  std::string str() const;

 private:
  std::vector<IntTuple> entries_;
  bool is_scalar_ = false;
};

/// `value` as a pair for each of `axes` spatial axes, each amount from 0 to 2^31 - 1.
/// @throws ValueError in Keras's words, naming `argument`.
SpatialPairs standardize_pairs(const SpatialPairs& value, std::size_t axes, const std::string& argument);

/// One pair is written as a list of two numbers, several as a list of pairs.
void config_put(Json& out, const char* key, const SpatialPairs& value);
void config_get(const Json& in, const ConfigField& field, SpatialPairs& value);

}  // namespace sepal
