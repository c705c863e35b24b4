// The order of an image's axes (keras.backend.standardize_data_format).
#pragma once

#include <string>

#include "sepal/base/keras_config.h"

namespace sepal {

/// `value` in lower case, or the default if it is empty.
/// @throws ValueError for anything but "channels_last" and "channels_first" (in any case).
std::string standardize_data_format(const std::string& value);

}  // namespace sepal
