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
  if (colors == TJCS_CMYK || colors == TJCS_YCCK) {
    throw UnimplementedError(fmt::format("'{}' is a CMYK JPEG file: expected RGB or grayscale", file));
  }
  Pixels pixels;
  pixels.size = {height, width};
  expect_fitting_size(pixels.size, file);
  pixels.samples.resize(static_cast<std::size_t>(pixels.size.height * pixels.size.width * pixels.channels));
  // A picture of thousands of empty progressive scans would take hours; data that is cut short would come out
  // gray.
  constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING;
  if (tjDecompress2(decoder.get(), data, bytes.size(), pixels.samples.data(), width, 0, height, TJPF_RGBA,
                    kFlags) != 0) {
    refuse();
  }
  return pixels;
}

}  // namespace sepal
