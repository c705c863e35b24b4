// A comparison of models, for a person or a program to read.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sepal/base/config.h"
#include "sepal/saving/compare_models.h"

namespace sepal::program {

Json to_json(const Comparison& comparison);

/// A line for each layer, and the verdict.
std::string describe_layers(const Comparison& comparison);

/// A line for each output of the model, and the first layer that differs.
std::string describe_outputs(const Comparison& comparison);

}  // namespace sepal::program
