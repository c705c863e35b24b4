#include "sepal/layers/image_data_format.h"

#include <atomic>

#include "sepal/base/config.h"

namespace sepal {
namespace {

std::atomic<bool> default_is_channels_first{false};

}  // namespace

std::string image_data_format() { return default_is_channels_first ? "channels_first" : "channels_last"; }

void set_image_data_format(const std::string& data_format) {
  default_is_channels_first =
      standardize_choice(data_format, {"channels_first", "channels_last"}, "data_format") == "channels_first";
}

std::string standardize_data_format(const std::string& value) {
  if (value.empty()) return image_data_format();
  return standardize_choice(value, {"channels_first", "channels_last"}, "data_format");
}

}  // namespace sepal
