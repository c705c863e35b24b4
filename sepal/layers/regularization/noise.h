// What the layers that draw random numbers in training share.
#pragma once

#include <utility>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"
#include "sepal/layers/regularization/seed_generator.h"

namespace sepal {

/// Lengths of the random mask before it is broadcast; kNone: that of the input. Empty: no such shape.
struct NoiseShape {
  std::vector<std::int64_t> dims = {};
};

void config_put(Json& out, const char* key, const NoiseShape& shape);
void config_get(const Json& in, const ConfigField& field, NoiseShape& shape);

/// The shape of the mask for an input of shape `input`.
/// @throws ValueError if there is not one length for each axis.
Shape mask_shape(const NoiseShape& noise_shape, const Shape& input);

/// @throws ValueError naming `argument` if `value` is not in [0, 1].
void expect_zero_to_one(const char* argument, double value);

/// How Keras stores the state of a layer with an attribute `seed_generator`; a layer that never draws
/// (`amount` 0) has none.
std::vector<std::pair<std::string, std::vector<Variable>>> seed_state(const SeedGenerator& generator,
                                                                      double amount);

}  // namespace sepal
