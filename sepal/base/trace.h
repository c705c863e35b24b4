// What the environment variable SEPAL_TRACE asks for on stderr: any of "kernels", "plan" and "times", in one
// text.
#pragma once

#include <string_view>

namespace sepal {

/// Whether SEPAL_TRACE names `what`. The variable is read once.
bool traces(std::string_view what);

}  // namespace sepal
