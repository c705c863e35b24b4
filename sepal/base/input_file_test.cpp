#include "sepal/base/input_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using ::testing::AllOf;
using testing::error_text;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

TEST(InputFile, ReadsOnlyRegularFiles) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_text<OSError>([&] { InputFile file(folder / "missing"); }),
              AllOf(HasSubstr(folder / "missing"), HasSubstr("No such file or directory")));
  EXPECT_THAT(error_text<OSError>([&] { InputFile file(folder.path()); }), HasSubstr("Is a directory"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_text<OSError>([&] { InputFile file(folder / "pipe"); }), HasSubstr("not a regular file"));
}

TEST(InputFile, SaysWhereAFileEndsTooEarly) {
  const TemporaryFolder folder;
  std::ofstream(folder / "a") << "12345";
  const InputFile file(folder / "a");
  EXPECT_EQ(file.size(), 5U);
  std::vector<std::byte> three(3);
  EXPECT_THAT(error_text<OSError>([&] { file.read(4, three); }), HasSubstr("ends at byte 5, 2 bytes short"));
  EXPECT_THROW((void)read_file(folder / "a", 4), ValueError);
  EXPECT_THROW((void)read_shared_file(folder / "a", 4), ValueError);
}

TEST(SharedBytes, LiveAsLongAsTheirLastPart) {
  const TemporaryFolder folder;
  std::ofstream(folder / "a") << "12345";
  SharedBytes part;
  {
    const SharedBytes whole = read_shared_file(folder / "a", 5);
    EXPECT_EQ(whole.size(), 5U);
    part = whole.part(1, 4).part(1, 2);
    EXPECT_EQ(part.data(), whole.data() + 2);
  }
  EXPECT_EQ(std::vector<std::byte>(part.begin(), part.end()), (std::vector{std::byte{'3'}, std::byte{'4'}}));
}

}  // namespace
}  // namespace sepal
