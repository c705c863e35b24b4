#include "sepal/data/image_resample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sepal/base/error.h"

namespace sepal {
namespace {

// Weights are whole numbers with this many bits after the point: 8 bits of a sample, 2 for sums of negative
// lobes and 22 fill 32.
constexpr int kWeightBits = 22;

struct Filter {
  const char* name;
  double support;  // in source pixels, where the picture does not shrink
  double (*weight)(double x);
};

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

// Keys 1981, a = -1/2.
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

constexpr Filter kResampleFilters[] = {
    {"box", 0.5, [](double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }},
    {"bilinear", 1.0, [](double x) { return std::max(1.0 - std::abs(x), 0.0); }},
    {"hamming", 1.0,
     [](double x) {
       return std::abs(x) < 1.0 ? sinc(x) * (0.54 + 0.46 * std::cos(std::abs(x) * std::numbers::pi)) : 0.0;
     }},
    {"bicubic", 2.0, cubic},
    {"lanczos", 3.0, [](double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }},
};

const Filter& filter_named(const std::string& name) {
  std::string known = "nearest";
  for (const Filter& filter : kResampleFilters) {
    if (name == filter.name) return filter;
    known += fmt::format(", {}", filter.name);
  }
  throw ValueError(
      fmt::format("Invalid interpolation method {} specified. Supported methods are {}", name, known));
}

// One axis of the picture: what each new pixel is made of.
struct Axis {
  struct Pixel {
    std::int64_t first;
    std::vector<std::int32_t> weights;
  };
  std::vector<Pixel> pixels;
};

Axis plan_axis(std::int64_t length, std::int64_t begin, std::int64_t boxed, std::int64_t wanted,
               const Filter& filter) {
  const double scale = static_cast<double>(boxed) / static_cast<double>(wanted);
  const double stretch = std::max(scale, 1.0);
  const double support = filter.support * stretch;
  const double shrink = 1.0 / stretch;
  Axis axis;
  for (std::int64_t i = 0; i < wanted; ++i) {
    const double center = static_cast<double>(begin) + (static_cast<double>(i) + 0.5) * scale;
    const auto first = static_cast<std::int64_t>(std::max(center - support + 0.5, 0.0));
    const auto last = std::min(static_cast<std::int64_t>(center + support + 0.5), length);
    std::vector<double> exact;
    double sum = 0.0;
    for (std::int64_t from = first; from < last; ++from) {
      exact.push_back(filter.weight((static_cast<double>(from) - center + 0.5) * shrink));
      sum += exact.back();
    }
    Axis::Pixel pixel{first, {}};
    for (const double weight : exact) {
      const double scaled = (sum != 0.0 ? weight / sum : weight) * (1 << kWeightBits);
      pixel.weights.push_back(static_cast<std::int32_t>(scaled + (scaled < 0 ? -0.5 : 0.5)));
    }
    axis.pixels.push_back(std::move(pixel));
  }
  return axis;
}

std::uint8_t rounded(std::int64_t sum) {
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> kWeightBits, 0, 255));
}

// Applies the plan along an axis whose neighbours are `step` samples apart: new pixel p is written to
// out[p * out_step].
void apply_axis(const Axis& axis, const std::uint8_t* in, std::size_t step, std::uint8_t* out,
                std::size_t out_step) {
  for (const Axis::Pixel& pixel : axis.pixels) {
    std::int64_t sum = std::int64_t{1} << (kWeightBits - 1);
    const std::uint8_t* from = in + static_cast<std::size_t>(pixel.first) * step;
    for (const std::int32_t weight : pixel.weights) {
      sum += std::int64_t{*from} * weight;
      from += step;
    }
    *out = rounded(sum);
    out += out_step;
  }
}

std::size_t samples_of(const Pixels& pixels) {
  return static_cast<std::size_t>(pixels.size.height * pixels.size.width * pixels.channels);
}

Pixels of_size(ImageSize size, std::int64_t channels) {
  Pixels result{size, channels, {}};
  result.samples.resize(samples_of(result));
  return result;
}

Pixels resample_columns(const Pixels& pixels, const Axis& axis) {
  Pixels result =
      of_size({pixels.size.height, static_cast<std::int64_t>(axis.pixels.size())}, pixels.channels);
  const auto channels = static_cast<std::size_t>(pixels.channels);
  const std::size_t in_row = static_cast<std::size_t>(pixels.size.width) * channels;
  const std::size_t out_row = axis.pixels.size() * channels;
  for (std::size_t row = 0; row < static_cast<std::size_t>(pixels.size.height); ++row) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      apply_axis(axis, pixels.samples.data() + row * in_row + channel, channels,
                 result.samples.data() + row * out_row + channel, channels);
    }
  }
  return result;
}

Pixels resample_rows(const Pixels& pixels, const Axis& axis) {
  Pixels result =
      of_size({static_cast<std::int64_t>(axis.pixels.size()), pixels.size.width}, pixels.channels);
  const auto row = static_cast<std::size_t>(pixels.size.width * pixels.channels);
  for (std::size_t sample = 0; sample < row; ++sample) {
    apply_axis(axis, pixels.samples.data() + sample, row, result.samples.data() + sample, row);
  }
  return result;
}

// Positions are sums of steps, rounding as they go: a product would pick other pixels at some sizes.
std::vector<std::size_t> nearest_pixels(std::int64_t begin, std::int64_t boxed, std::int64_t wanted) {
  const double step = static_cast<double>(boxed) / static_cast<double>(wanted);
  double at = static_cast<double>(begin) + step * 0.5;
  std::vector<std::size_t> chosen;
  for (std::int64_t i = 0; i < wanted; ++i, at += step) {
    chosen.push_back(static_cast<std::size_t>(std::min(static_cast<std::int64_t>(at), begin + boxed - 1)));
  }
  return chosen;
}

Pixels resample_nearest(const Pixels& pixels, const ImageBox& box, ImageSize size) {
  Pixels result = of_size(size, pixels.channels);
  const std::vector<std::size_t> columns = nearest_pixels(box.left, box.size.width, size.width);
  const auto channels = static_cast<std::size_t>(pixels.channels);
  std::uint8_t* out = result.samples.data();
  for (const std::size_t row : nearest_pixels(box.top, box.size.height, size.height)) {
    const std::uint8_t* in =
        pixels.samples.data() + row * static_cast<std::size_t>(pixels.size.width) * channels;
    for (const std::size_t column : columns) out = std::copy_n(in + column * channels, channels, out);
  }
  return result;
}

// Transparent pixels have colours that nobody sees: they must not leak into their neighbours.
void premultiply(Pixels& pixels) {
  for (std::size_t i = 0; i < pixels.samples.size(); i += 4) {
    const std::uint32_t alpha = pixels.samples[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      const std::uint32_t product = pixels.samples[i + c] * alpha + 128;
      pixels.samples[i + c] =
          static_cast<std::uint8_t>(((product >> 8) + product) >> 8);  // product / 255, rounded
    }
  }
}

void unpremultiply(Pixels& pixels) {
  for (std::size_t i = 0; i < pixels.samples.size(); i += 4) {
    const std::uint32_t alpha = pixels.samples[i + 3];
    if (alpha == 0 || alpha == 255) continue;
    for (std::size_t c = 0; c < 3; ++c) {
      pixels.samples[i + c] =
          static_cast<std::uint8_t>(std::min<std::uint32_t>(255 * pixels.samples[i + c] / alpha, 255));
    }
  }
}

}  // namespace

Pixels resample(const Pixels& pixels, ImageBox box, ImageSize size, const std::string& interpolation) {
  const ImageBox whole{0, 0, pixels.size};
  const bool is_nearest = interpolation == "nearest";
  const Filter* filter = is_nearest ? nullptr : &filter_named(interpolation);
  const bool all_of_it = box.top == 0 && box.left == 0 && box.size == whole.size;
  if (all_of_it && size == pixels.size) return pixels;
  if (is_nearest) return resample_nearest(pixels, box, size);

  Pixels result = pixels;
  if (result.channels == 4) premultiply(result);
  const bool changes_columns =
      size.width != pixels.size.width || box.left != 0 || box.size.width != size.width;
  const bool changes_rows =
      size.height != pixels.size.height || box.top != 0 || box.size.height != size.height;
  if (changes_columns) {
    result =
        resample_columns(result, plan_axis(pixels.size.width, box.left, box.size.width, size.width, *filter));
  }
  if (changes_rows) {
    result =
        resample_rows(result, plan_axis(pixels.size.height, box.top, box.size.height, size.height, *filter));
  }
  if (result.channels == 4) unpremultiply(result);
  return result;
}

}  // namespace sepal
