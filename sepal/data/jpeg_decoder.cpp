#include <fmt/format.h>
#include <turbojpeg.h>

#include <memory>

#include "sepal/base/error.h"
#include "sepal/data/image_codecs.h"

namespace sepal {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

// Files hold 255 minus the ink, as Adobe's programs write it; PIL takes every CMYK file that way, and rounds
// the product of two samples as here.
void rgba_from_inverted_cmyk(std::span<std::uint8_t> samples) {
  for (std::size_t i = 0; i < samples.size(); i += 4) {
    const unsigned light = samples[i + 3];
    for (std::size_t c = i; c < i + 3; ++c) {
      const unsigned dark = (255U - samples[c]) * light + 128U;
      samples[c] = static_cast<std::uint8_t>(light - (((dark >> 8U) + dark) >> 8U));
    }
    samples[i + 3] = 255;
  }
}

}  // namespace

Pixels decode_jpeg(std::span<const std::byte> bytes, const std::string& file) {
  const std::unique_ptr<void, Destroy> decoder(tjInitDecompress());
  if (!decoder) throw OSError(fmt::format("'{}': no memory to read the JPEG file", file));
  const auto refuse = [&] {
    throw ValueError(fmt::format("'{}' is no intact JPEG file: {}", file, tjGetErrorStr2(decoder.get())));
  };
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colors = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling, &colors) != 0)
    refuse();
  const bool inks = colors == TJCS_CMYK || colors == TJCS_YCCK;
  Pixels pixels;
  pixels.size = {height, width};
  expect_fitting_size(pixels.size, file);
  pixels.samples.resize(static_cast<std::size_t>(pixels.size.height * pixels.size.width * pixels.channels));
  // A picture of thousands of empty progressive scans would take hours; data that is cut short would come out
  // gray.
  constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING;
  if (tjDecompress2(decoder.get(), data, bytes.size(), pixels.samples.data(), width, 0, height,
                    inks ? TJPF_CMYK : TJPF_RGBA, kFlags) != 0) {
    refuse();
  }
  if (inks) rgba_from_inverted_cmyk(pixels.samples);
  return pixels;
}

}  // namespace sepal
