// The order of an image's axes (keras.config.image_data_format).
#pragma once

#include <string>

namespace sepal {

/// What layers take that are given no `data_format`: "channels_last" at start.
std::string image_data_format();

/// Affects layers made later.
/// @throws ValueError for anything but "channels_last" and "channels_first" (in any case).
void set_image_data_format(const std::string& data_format);

/// `value` in lower case, or the default if it is empty.
/// @throws ValueError as above.
std::string standardize_data_format(const std::string& value);

}  // namespace sepal
