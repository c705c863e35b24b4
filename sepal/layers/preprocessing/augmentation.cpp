#include "sepal/layers/preprocessing/augmentation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/base/error.h"

namespace sepal {

Range factor_range(const NumberOrList& factor, double least, double most) {
  const std::vector<double>& v = factor.values;
  // Of two numbers Keras only asks that they are not both beyond one end.
  const bool fits = factor.is_list ? v.size() == 2 && v[0] <= most && v[1] >= least && std::isfinite(v[0]) &&
                                         std::isfinite(v[1])
                                   : v[0] >= least && v[0] <= most;
  if (!fits) {
    throw ValueError(
        fmt::format("The `factor` argument should be a number (or a list of two numbers) in the range [{}, "
                    "{}]. Received: factor={}",
                    least, most, factor.str()));
  }
  if (factor.is_list) return {std::min(v[0], v[1]), std::max(v[0], v[1])};
  return {std::max(-std::abs(v[0]), least), std::abs(v[0])};
}

Range size_factor_range(const char* argument, const NumberOrList& factor, bool excludes_least) {
  const std::vector<double>& v = factor.values;
  const bool fits = (!factor.is_list || v.size() == 2) && std::all_of(v.begin(), v.end(), [&](double number) {
                      return number <= 1.0 && (excludes_least ? number > -1.0 : number >= -1.0);
                    });
  if (!fits) {
    throw ValueError(
        fmt::format("The `{}` argument should be a number (or a list of two numbers) in the range {}-1.0, "
                    "1.0]. Received: {}={}",
                    argument, excludes_least ? "(" : "[", argument, factor.str()));
  }
  if (factor.is_list) return {std::min(v[0], v[1]), std::max(v[0], v[1])};
  return {-std::abs(v[0]), std::abs(v[0])};
}

Range value_range_from(const NumberOrList& value) {
  if (!value.is_list || value.values.size() != 2) {
    throw ValueError(fmt::format(
        "The `value_range` argument should be a list of two numbers. Received: value_range={}", value.str()));
  }
  return {value.values[0], value.values[1]};
}

ops::AffineTransformOptions warp_options(const std::string& interpolation, const std::string& fill_mode,
                                         double fill_value, const std::string& data_format) {
  ops::AffineTransformOptions options{.fill_mode = ops::fill_mode_from_name(fill_mode),
                                      .fill_value = fill_value,
                                      .channels_first = data_format == "channels_first"};
  if (interpolation != "nearest" && interpolation != "bilinear") {
    throw UnimplementedError(
        fmt::format("Unknown `interpolation` {}. Expected of one ('nearest', 'bilinear').", interpolation));
  }
  options.interpolation = ops::interpolation_from_name(interpolation);
  return options;
}

Tensor drawn_for_images(const Tensor& images, const Range& range, RandomStream& stream) {
  Tensor factors({images.shape()[0], 1, 1, 1}, DType::float64);
  double* values = factors.mutable_data<double>();
  for (std::int64_t i = 0; i < images.shape()[0]; ++i) values[i] = range.draw(stream);
  return factors.astype(images.dtype());
}

}  // namespace sepal
