// How weights start when their values are about to come from a file.
#pragma once

#include <cstdint>
#include <string>

#include "sepal/base/tensor.h"
#include "sepal/weights/initializer.h"

namespace sepal {

/// While one exists, the weights that layers of this thread make start as zeros, and all of them together may
/// have so many elements: a config that asks for more than its file holds is refused before memory is taken.
class ZeroWeights {
 public:
  explicit ZeroWeights(std::int64_t most_elements);
  ~ZeroWeights();
  ZeroWeights(const ZeroWeights&) = delete;
  ZeroWeights& operator=(const ZeroWeights&) = delete;

 private:
  std::int64_t outer_;
};

/// What a new weight starts with: drawn from its initializer unless a ZeroWeights exists.
/// @throws ValueError naming the weight if it is more than ZeroWeights allows.
Tensor initial_weight(const Initializer& initializer, const Shape& shape, DType dtype,
                      const std::string& path);

}  // namespace sepal
