// Names that layers, optimizers and metrics get when the user gives none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sepal {

/// "SeparableConv2D" -> "separable_conv2d", "ReLU" -> "re_lu" (Keras: `to_snake_case`).
std::string to_snake_case(std::string_view class_name);

/// The snake-case name, then "_1", "_2", … for further calls (Keras: `auto_name`). In the mode
/// Compatibility::tf14 the first name has "_1" already.
std::string auto_name(std::string_view class_name);

/// `base`, then `base`_1, `base`_2, … for further calls with the same base: the name of a variable scope,
/// which TensorFlow 1.4 counts apart from the names of layers and by first use.
std::string unique_scope_name(const std::string& base);

/// Which session this is: it changes when clear_session is called.
std::uint64_t session_id();

/// Starts the numbering of names again (keras.utils.clear_session).
void clear_session();

}  // namespace sepal
