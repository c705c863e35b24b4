#include "sepal/base/trace.h"

#include <cstdlib>
#include <string>

namespace sepal {

bool traces(std::string_view what) {
  static const std::string asked = [] {
    const char* value = std::getenv("SEPAL_TRACE");
    return std::string(value == nullptr ? "" : value);
  }();
  return asked.find(what) != std::string::npos;
}

}  // namespace sepal
