#include "sepal/layers/image_data_format.h"

#include "sepal/base/config.h"

namespace sepal {

std::string standardize_data_format(const std::string& value) {
  if (value.empty()) return image_data_format();
  return standardize_choice(value, {"channels_first", "channels_last"}, "data_format");
}

}  // namespace sepal
