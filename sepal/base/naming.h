// Names that layers, optimizers and metrics get when the user gives none.
#pragma once

#include <string>
#include <string_view>

namespace sepal {

/// "SeparableConv2D" -> "separable_conv2d", "ReLU" -> "re_lu" (Keras: `to_snake_case`).
std::string to_snake_case(std::string_view class_name);

/// The snake-case name, then "_1", "_2", … for further calls (Keras: `auto_name`). In the mode
/// Compatibility::tf14 the first name has "_1" already.
std::string auto_name(std::string_view class_name);

/// Starts the numbering of auto_name again (keras.utils.clear_session).
void clear_session();

}  // namespace sepal
