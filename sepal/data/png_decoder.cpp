#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "sepal/base/error.h"
#include "sepal/data/image_codecs.h"
#include "sepal/data/inflate.h"

namespace sepal {
namespace {

// Text and colour profiles, which are skipped, may not ask for more than this.
constexpr png_alloc_size_t kMostChunkBytes = 8 << 20;

// A file in memory, and what went wrong with it. libpng reports errors by longjmp, so the functions that call
// it after a setjmp hold nothing that needs a destructor.
struct Reader {
  std::span<const std::byte> bytes;
  std::size_t at = 0;
  char problem[128] = "";
  png_structp png = nullptr;
  png_infop info = nullptr;

  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

void on_error(png_structp png, png_const_charp message) {
  auto* reader = static_cast<Reader*>(png_get_error_ptr(png));
  std::strncpy(reader->problem, message, sizeof reader->problem - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, std::size_t count) {
  auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (count > reader->bytes.size() - reader->at) png_error(png, "the file is cut short");
  std::memcpy(out, reader->bytes.data() + reader->at, count);
  reader->at += count;
}

bool read_header(Reader& reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_set_read_fn(reader.png, &reader, on_read);
  png_set_chunk_malloc_max(reader.png, kMostChunkBytes);
  png_read_info(reader.png, reader.info);
  return true;
}

// Every kind of pixel becomes 8-bit RGBA; interlaced pictures come in several passes over the rows.
bool read_rows(Reader& reader, std::uint8_t* out, std::size_t row_bytes, png_uint_32 rows) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_set_expand(reader.png);
  png_set_strip_16(reader.png);
  png_set_gray_to_rgb(reader.png);
  png_set_add_alpha(reader.png, 0xFF, PNG_FILLER_AFTER);
  const int passes = png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  if (png_get_rowbytes(reader.png, reader.info) != row_bytes) png_error(reader.png, "rows of another length");
  for (int pass = 0; pass < passes; ++pass) {
    for (png_uint_32 row = 0; row < rows; ++row) png_read_row(reader.png, out + row * row_bytes, nullptr);
  }
  png_read_end(reader.png, nullptr);
  return true;
}

}  // namespace

Pixels decode_png(std::span<const std::byte> bytes, const std::string& file) {
  Reader reader{.bytes = bytes};
  const auto refuse = [&] {
    throw ValueError(fmt::format("'{}' is no intact PNG file: {}", file, reader.problem));
  };
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) throw OSError(fmt::format("'{}': no memory to read the PNG file", file));
  if (!read_header(reader)) refuse();

  Pixels pixels;
  pixels.size = {png_get_image_height(reader.png, reader.info), png_get_image_width(reader.png, reader.info)};
  expect_fitting_size(pixels.size, file);
  const auto rows = static_cast<std::uint64_t>(pixels.size.height);
  const std::uint64_t stored = rows * png_get_rowbytes(reader.png, reader.info);
  if (stored / kMostInflation > bytes.size()) {
    throw ValueError(
        fmt::format("'{}' is no intact PNG file: expected {} bytes of pixels, which {} bytes cannot hold "
                    "even if compressed",
                    file, stored, bytes.size()));
  }
  const auto row_bytes = static_cast<std::size_t>(pixels.size.width * pixels.channels);
  pixels.samples.resize(row_bytes * rows);
  if (!read_rows(reader, pixels.samples.data(), row_bytes, static_cast<png_uint_32>(rows))) refuse();
  return pixels;
}

}  // namespace sepal
