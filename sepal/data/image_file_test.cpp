#include "sepal/data/image_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/data/npy.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

const std::string kImages = SEPAL_SOURCE_DIR "/tests/golden/images/";

class ImageFile : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      load_img(kImages + "gray.png");
    } catch (const UnimplementedError&) {
      GTEST_SKIP() << "built without picture files";
    }
  }

  // The bytes of one of the pictures, for a test to spoil.
  static std::vector<std::byte> bytes_of(const std::string& name) {
    return read_file(kImages + name, 1 << 20);
  }
  std::string written(const std::vector<std::byte>& bytes) {
    testing::write_quickly(folder_ / "picture", bytes);
    return folder_ / "picture";
  }
  testing::TemporaryFolder folder_;
};

// "rgb.png__grayscale__8x5__bilinear__crop" as its parts.
std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin != std::string::npos;) {
    const std::size_t end = name.find("__", begin);
    parts.push_back(name.substr(begin, end - begin));
    begin = end == std::string::npos ? end : end + 2;
  }
  return parts;
}

TEST_F(ImageFile, ReadsWhatKerasReads) {
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kImages + "expected")) {
    SCOPED_TRACE(entry.path().filename().string());
    const std::vector<std::string> parts = parts_of(entry.path().stem().string());
    const Tensor want = read_npy(entry.path().string());
    const Tensor got =
        load_img(kImages + parts[0], {.color_mode = parts[1],
                                      .target_size = ImageSize{want.shape()[0], want.shape()[1]},
                                      .interpolation = parts[3],
                                      .keep_aspect_ratio = parts.size() > 4});
    testing::expect_same_bits(got, want.astype(DType::float32));
    ++cases;
  }
  EXPECT_EQ(cases, 55);
}

TEST_F(ImageFile, PutsTheChannelsFirst) {
  const Tensor last = load_img(kImages + "rgb.png");
  const Tensor first = load_img(kImages + "rgb.png", {.channels_first = true});
  ASSERT_EQ(first.shape(), Shape({3, 11, 14}));
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    for (std::int64_t i = 0; i < 11 * 14; ++i)
      ASSERT_EQ(first.at(channel * 154 + i), last.at(i * 3 + channel));
  }
}

// PIL's convert("RGB") of the file, summed with weights that tell the places and channels apart.
TEST_F(ImageFile, ReadsCmykAsPilDoes) {
  const Tensor picture = load_img(kImages + "cmyk.jpg");
  ASSERT_EQ(picture.shape(), Shape({11, 14, 3}));
  double sum = 0;
  for (std::int64_t i = 0; i < 11 * 14 * 3; ++i) sum += picture.at(i) * static_cast<double>(i % 97 + 1);
  EXPECT_EQ(sum, 2101280);
}

TEST_F(ImageFile, RefusesOtherFilesAndOptions) {
  EXPECT_THROW(load_img(folder_ / "nothing.png"), OSError);
  EXPECT_THROW(load_img(kImages + "make.py"), ValueError);
  EXPECT_THROW(load_img(kImages + "rgb.png", {.color_mode = "cmyk"}), ValueError);
  EXPECT_THROW(load_img(kImages + "rgb.png", {.target_size = ImageSize{4, 4}, .interpolation = "best"}),
               ValueError);
  EXPECT_THROW(load_img(kImages + "rgb.png", {.target_size = ImageSize{0, 4}}), ValueError);
  EXPECT_THROW(load_img(kImages + "rgb.png", {.target_size = ImageSize{1 << 20, 1 << 20}}), ValueError);
}

// Every cut and every changed byte ends in an error or in a picture; none may crash. In a PNG every byte that
// counts is under a checksum.
TEST_F(ImageFile, RefusesDamagedFiles) {
  for (const char* name : {"rgb.png", "interlaced.png", "palette.png", "color.jpg", "full_chroma.jpg"}) {
    SCOPED_TRACE(name);
    const std::vector<std::byte> intact = bytes_of(name);
    const std::size_t step = intact.size() / 60 + 1;
    for (std::size_t length = 0; length + 12 < intact.size(); length += step) {
      EXPECT_THROW(load_img(written({intact.begin(), intact.begin() + static_cast<std::ptrdiff_t>(length)})),
                   ValueError)
          << "cut to " << length;
    }
    for (std::size_t at = 0; at < intact.size(); at += step / 2 + 1) {
      std::vector<std::byte> damaged = intact;
      damaged[at] ^= std::byte{0x55};
      try {
        EXPECT_EQ(load_img(written(damaged)).shape().back(), 3);
      } catch (const Error&) {
      }
    }
  }
  std::vector<std::byte> damaged = bytes_of("rgb.png");
  damaged[50] ^= std::byte{1};
  EXPECT_THROW(load_img(written(damaged)), ValueError);
}

void put_big_endian(std::vector<std::byte>& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

std::uint32_t crc_of(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

TEST_F(ImageFile, TakesNoMemoryForPixelsThatTheFileCannotHold) {
  const auto refused = [&](std::uint32_t width, std::uint32_t height) {
    std::vector<std::byte> lying = bytes_of("rgb.png");
    // IHDR: length at 8, kind at 12, width, height.
    put_big_endian(lying, 16, width);
    put_big_endian(lying, 20, height);
    put_big_endian(lying, 29, crc_of({lying.data() + 12, 17}));
    try {
      load_img(written(lying));
    } catch (const ValueError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(refused(1'000'000, 1'000'000).find("at most 178956970"), std::string::npos);
  EXPECT_NE(refused(13'000, 13'000).find("cannot hold"), std::string::npos);
  std::vector<std::byte> jpeg = bytes_of("color.jpg");
  for (std::size_t at = 0; at + 9 < jpeg.size(); ++at) {
    // SOF0: marker, length, precision, height, width; the largest that JPEG knows.
    if (jpeg[at] != std::byte{0xFF} || jpeg[at + 1] != std::byte{0xC0}) continue;
    put_big_endian(jpeg, at + 5, 0xFFFFFFFF);
    EXPECT_THROW(load_img(written(jpeg)), ValueError);
    return;
  }
  FAIL() << "no frame header";
}

}  // namespace
}  // namespace sepal
