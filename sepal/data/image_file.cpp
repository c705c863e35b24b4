#include "sepal/data/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/data/image_codecs.h"
#include "sepal/data/image_resample.h"

namespace sepal {
namespace {

constexpr std::uint64_t kMostImageBytes = std::uint64_t{1} << 30;
// 13377 x 13377, where Pillow draws its line, too.
constexpr std::int64_t kMostPixels = 178'956'970;

constexpr std::array<std::uint8_t, 8> kPngBegin = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::array<std::uint8_t, 3> kJpegBegin = {0xFF, 0xD8, 0xFF};

template <std::size_t N>
bool begins_with(std::span<const std::byte> bytes, const std::array<std::uint8_t, N>& begin) {
  return bytes.size() >= N && std::equal(begin.begin(), begin.end(), bytes.begin(),
                                         [](std::uint8_t a, std::byte b) { return std::byte{a} == b; });
}

std::int64_t channels_of(const std::string& color_mode) {
  if (color_mode == "grayscale") return 1;
  if (color_mode == "rgb") return 3;
  if (color_mode == "rgba") return 4;
  throw ValueError(fmt::format(
      "color_mode must be \"grayscale\", \"rgb\", or \"rgba\". Received: color_mode={}", color_mode));
}

// ITU-R 601-2 with 16 bits after the point.
std::uint8_t luma(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 0x8000U) >> 16);
}

Pixels with_channels(const Pixels& rgba, std::int64_t channels) {
  Pixels result{rgba.size, channels, {}};
  const std::size_t count = rgba.samples.size() / 4;
  result.samples.reserve(count * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* pixel = rgba.samples.data() + 4 * i;
    if (channels == 1) {
      result.samples.push_back(luma(pixel));
    } else {
      result.samples.insert(result.samples.end(), pixel, pixel + channels);
    }
  }
  return result;
}

// The largest box of the target's proportions, around the center.
ImageBox central_box(ImageSize whole, ImageSize target) {
  const ImageSize size = {std::min(whole.height, whole.width * target.height / target.width),
                          std::min(whole.width, whole.height * target.width / target.height)};
  return {(whole.height - size.height) / 2, (whole.width - size.width) / 2, size};
}

Pixels decode(std::span<const std::byte> bytes, const std::string& path) {
  if (begins_with(bytes, kPngBegin)) return decode_png(bytes, path);
  if (begins_with(bytes, kJpegBegin)) return decode_jpeg(bytes, path);
  throw ValueError(fmt::format("'{}': expected a PNG or JPEG file. Received: {} bytes of another kind", path,
                               bytes.size()));
}

Tensor as_tensor(const Pixels& pixels, bool channels_first) {
  const auto [height, width] = pixels.size;
  Tensor tensor(channels_first ? Shape{pixels.channels, height, width}
                               : Shape{height, width, pixels.channels});
  auto* out = tensor.mutable_data<float>();
  if (!channels_first) {
    std::copy(pixels.samples.begin(), pixels.samples.end(), out);
    return tensor;
  }
  const auto channels = static_cast<std::size_t>(pixels.channels);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t i = channel; i < pixels.samples.size(); i += channels) *out++ = pixels.samples[i];
  }
  return tensor;
}

}  // namespace

bool is_image(std::span<const std::byte> begin) {
  return begins_with(begin, kPngBegin) || begins_with(begin, kJpegBegin);
}

void expect_fitting_size(ImageSize size, const std::string& file) {
  if (size.height < 1 || size.width < 1 || size.height > kMostPixels / size.width) {
    throw ValueError(fmt::format("'{}' has {} x {} pixels: expected at most {} in all", file, size.width,
                                 size.height, kMostPixels));
  }
}

Tensor load_img(const std::string& path, const LoadImgOptions& options) {
  const std::int64_t channels = channels_of(options.color_mode);
  Pixels pixels = with_channels(decode(read_file(path, kMostImageBytes), path), channels);
  const ImageSize target = options.target_size.value_or(pixels.size);
  expect_fitting_size(target, path);
  ImageBox box{0, 0, pixels.size};
  // As in Keras, a picture that has the size already is not touched.
  if (options.keep_aspect_ratio && !(target == pixels.size)) box = central_box(pixels.size, target);
  if (box.size.height < 1 || box.size.width < 1) {
    throw ValueError(fmt::format("'{}' has {} x {} pixels: none is left in the proportions of {} x {}", path,
                                 pixels.size.width, pixels.size.height, target.width, target.height));
  }
  return as_tensor(resample(pixels, box, target, options.interpolation), options.channels_first);
}

}  // namespace sepal
