#include "sepal/data/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using namespace std::string_literals;
using ::testing::AllOf;
using testing::error_text;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

const TemporaryFolder& folder() {
  static const TemporaryFolder folder;
  return folder;
}

std::string plain_file(const std::string& content) {
  const std::string path = folder() / "plain";
  write_file(path, std::as_bytes(std::span(content)));
  return path;
}

std::string gzip_file(const std::string& content, const std::string& name = "packed") {
  const std::string path = folder() / name;
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  return path;
}

// A 2x3 array of bytes.
const std::string kBytes = "\0\0\x08\x02\0\0\0\x02\0\0\0\x03\1\2\3\4\5\xFF"s;

std::string refusal_of_idx(const std::string& path) {
  return error_text<ValueError>([&] { (void)read_idx(path); });
}

TEST(Idx, ReadsPlainAndGzip) {
  for (const std::string& path : {plain_file(kBytes), gzip_file(kBytes)}) {
    const Tensor read = read_idx(path);
    EXPECT_EQ(read.dtype(), DType::uint8);
    testing::expect_values(read, {2, 3}, {1, 2, 3, 4, 5, 255});
  }
}

TEST(Idx, ReadsEachDtypeBigEndian) {
  const auto read = [](const std::string& content) { return read_idx(plain_file(content)); };
  EXPECT_EQ(read("\0\0\x09\x01\0\0\0\1\xFE"s).str(), "Tensor(shape=(1,), dtype=int8, values=[-2])");
  EXPECT_EQ(read("\0\0\x0B\x01\0\0\0\1\xFF\xFE"s).str(), "Tensor(shape=(1,), dtype=int16, values=[-2])");
  EXPECT_EQ(read("\0\0\x0C\x01\0\0\0\1\0\1\0\0"s).str(), "Tensor(shape=(1,), dtype=int32, values=[65536])");
  EXPECT_EQ(read("\0\0\x0D\x01\0\0\0\1\x3F\xC0\0\0"s).str(),
            "Tensor(shape=(1,), dtype=float32, values=[1.5])");
  EXPECT_EQ(read("\0\0\x0E\x01\0\0\0\1\x3F\xF8\0\0\0\0\0\0"s).str(),
            "Tensor(shape=(1,), dtype=float64, values=[1.5])");
}

TEST(Idx, ReadsConcatenatedGzipMembers) {
  const std::string first = gzip_file(kBytes.substr(0, 7), "first");
  const std::string second = gzip_file(kBytes.substr(7), "second");
  std::vector<std::byte> bytes = read_file(first, 1000);
  const std::vector<std::byte> rest = read_file(second, 1000);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  write_file(folder() / "both", bytes);
  testing::expect_values(read_idx(folder() / "both"), {2, 3}, {1, 2, 3, 4, 5, 255});
}

TEST(Idx, RefusesOtherFiles) {
  EXPECT_THAT(refusal_of_idx(plain_file("PK\3\4 something")), HasSubstr("Received: 0x504b0304"));
  EXPECT_THAT(refusal_of_idx(plain_file("\0\0\x0A\x01\0\0\0\1\1"s)), HasSubstr("not an IDX file"));
  EXPECT_THAT(refusal_of_idx(plain_file("\0\0\x08\x09\0\0\0\1\1"s)), HasSubstr("at most 8 axes"));
  EXPECT_THAT(error_text<OSError>([] { (void)read_idx(folder() / "missing"); }),
              AllOf(HasSubstr("missing"), HasSubstr("No such file")));
  EXPECT_THROW((void)read_idx(folder().path()), OSError);
}

TEST(Idx, RefusesAFileCutOffAnywhere) {
  for (std::size_t length = 0; length < kBytes.size(); ++length) {
    EXPECT_THAT(refusal_of_idx(plain_file(kBytes.substr(0, length))), HasSubstr("plain")) << length;
    EXPECT_THAT(refusal_of_idx(gzip_file(kBytes.substr(0, length))), HasSubstr("packed")) << length;
  }
  EXPECT_THAT(refusal_of_idx(plain_file(kBytes.substr(0, 16))), HasSubstr("expected 6 bytes"));
}

TEST(Idx, RefusesCutOffAndDamagedGzipData) {
  const std::vector<std::byte> whole = read_file(gzip_file(kBytes), 1000);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file(folder() / "cut", std::span(whole).first(length));
    EXPECT_THAT(refusal_of_idx(folder() / "cut"), HasSubstr("cut")) << length;
  }
  std::vector<std::byte> damaged = whole;
  damaged[whole.size() - 8] ^= std::byte{1};  // the sum over the content
  write_file(folder() / "damaged", damaged);
  EXPECT_THAT(refusal_of_idx(folder() / "damaged"), HasSubstr("damaged or cut off gzip data"));
}

TEST(Idx, RefusesTooManyBytes) {
  EXPECT_THAT(refusal_of_idx(plain_file(kBytes + "x")), HasSubstr("Received: more bytes"));
  EXPECT_THAT(refusal_of_idx(gzip_file(kBytes + "x")), HasSubstr("Received: more bytes"));
}

TEST(Idx, RefusesHugeShapesBeforeTakingMemory) {
  const std::string huge = "\0\0\x08\x02\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF"s;
  EXPECT_THAT(refusal_of_idx(plain_file(huge)), HasSubstr("at most 12 bytes"));
  EXPECT_THAT(refusal_of_idx(gzip_file(huge)), HasSubstr("at most"));
  EXPECT_THAT(refusal_of_idx(plain_file("\0\0\x08\x03\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF"s)),
              AllOf(HasSubstr("plain"), HasSubstr("too large")));
}

}  // namespace
}  // namespace sepal
