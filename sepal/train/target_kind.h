// What shapes say about a classifier's targets, and how older files name losses and metrics.
#pragma once

#include <string>

#include "sepal/base/config.h"
#include "sepal/base/shape.h"

namespace sepal {

enum class TargetKind {
  binary,   // predictions (..., 1)
  sparse,   // class numbers (...) or (..., 1)
  one_hot,  // (..., classes)
};

/// How Keras reads "accuracy" and "crossentropy".
TargetKind target_kind(const Shape& y_true, const Shape& y_pred);

/// The envelope `in`; one of a wrapper around a function, as Keras 2 writes it ({"class_name": `wrapper`,
/// "config": {"fn": "mean_squared_error", …}}), becomes that function's own.
Json modern_identifier(const Json& in, const std::string& wrapper);

}  // namespace sepal
