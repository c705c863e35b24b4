#include "sepal/saving/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/saving/plausible.h"
#include "tests/support/error_text.h"

namespace sepal {
namespace {

using ::testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string text_of(const SharedBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> golden_zip(const std::string& name) {
  return read_file(SEPAL_SOURCE_DIR "/tests/golden/zip/" + name, 1 << 20);
}

std::string refusal_of_zip(std::vector<std::byte> bytes) {
  return testing::error_text<ValueError>([&] { Archive(std::move(bytes), "m.keras"); });
}

// 1000 digits as Python wrote them.
std::string digits() {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "0123456789";
  return text;
}

// Two members; their local headers are at byte 0 and at 30 + 1 + 5.
std::vector<std::byte> two_members() {
  return make_archive({{"a", bytes_of("12345")}, {"b", bytes_of("xyz")}});
}
constexpr std::size_t kSecond = 36;

// The central directory follows the second member; its entries have 46 + 1 bytes.
constexpr std::size_t kDirectory = kSecond + 34;

void put(std::vector<std::byte>& bytes, std::size_t at, unsigned value) { bytes.at(at) = std::byte(value); }

TEST(Archive, GivesBackWhatWasWritten) {
  const Archive archive(two_members(), "m.keras");
  ASSERT_EQ(archive.members().size(), 2U);
  EXPECT_EQ(archive.members()[0].name, "a");
  EXPECT_EQ(archive.members()[0].method, ZipMethod::stored);
  EXPECT_EQ(text_of(archive.read("a", 5)), "12345");
  EXPECT_EQ(text_of(archive.read("b", 5)), "xyz");
  EXPECT_TRUE(archive.has("b"));
  EXPECT_FALSE(archive.has("c"));
}

TEST(Archive, WritesTheSameBytesInEveryTimeZone) {
  const auto first = two_members();
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  EXPECT_EQ(two_members(), first);
  ::setenv("TZ", "America/New_York", 1);
  ::tzset();
  EXPECT_EQ(two_members(), first);
  ::unsetenv("TZ");
  ::tzset();
  // The date 1980-01-01 in the MS-DOS form, at its place in a local header.
  EXPECT_EQ(first[12], std::byte{0x21});
  EXPECT_EQ(first[13], std::byte{0});
  EXPECT_EQ(first[10], std::byte{0});
  EXPECT_EQ(first[11], std::byte{0});
}

TEST(Archive, ReadsDeflatedMembersOfOtherWriters) {
  const Archive archive(golden_zip("deflated.zip"), "m.keras");
  EXPECT_EQ(text_of(archive.read("text", 1000)), digits());
  EXPECT_EQ(text_of(archive.read("empty", 0)), "");
}

TEST(Archive, ReadsZip64AndSizesAfterTheData) {
  EXPECT_EQ(text_of(Archive(golden_zip("zip64.zip"), "m").read("b", 1000)), digits());
  const Archive streamed(golden_zip("sizes_after_data.zip"), "m");
  EXPECT_EQ(text_of(streamed.read("text", 1000)), digits());
  EXPECT_EQ(text_of(streamed.read("more", 1000)), digits());
}

TEST(Archive, NamesAMissingMemberAndThoseThatAreThere) {
  const Archive archive(two_members(), "m.keras");
  const auto text = testing::error_text<ValueError>([&] { archive.read("config.json", 10); });
  EXPECT_THAT(text, HasSubstr("'m.keras': archive member 'config.json' is missing"));
  EXPECT_THAT(text, HasSubstr("'a', 'b'"));
}

TEST(Archive, RefusesAMemberAboveTheCallersLimitBeforeInflatingIt) {
  const Archive archive(golden_zip("bomb.zip"), "m.keras");
  EXPECT_THAT(testing::error_text<ValueError>([&] { archive.read("zeros", 1 << 20); }),
              HasSubstr("too large: expected at most 1048576 bytes. Received: 4194304 bytes"));
}

TEST(Archive, RefusesBombs) {
  const auto too_large = [](std::uint64_t stored, std::uint64_t inflated) {
    return inflated > most_plausible_bytes(stored);
  };
  EXPECT_TRUE(too_large(1 << 20, std::uint64_t{1} << 30));
  EXPECT_FALSE(too_large(1 << 20, 100 << 20));
  EXPECT_FALSE(too_large(1, 64 << 20));
  const Archive archive(golden_zip("bomb.zip"), "m.keras");
  EXPECT_EQ(archive.read_plausible("zeros", 8 << 20).size(), std::size_t{4} << 20);
  EXPECT_THAT(testing::error_text<ValueError>([&] { archive.read_plausible("zeros", 1 << 20); }),
              HasSubstr("too large: expected at most 1048576 bytes"));
}

TEST(Archive, RefusesWhatIsNoZip) {
  EXPECT_THAT(refusal_of_zip({}), HasSubstr("it has only 0 bytes"));
  const std::string text(200, 'x');
  const auto bytes = bytes_of(text);
  EXPECT_THAT(refusal_of_zip({bytes.begin(), bytes.end()}), HasSubstr("expected its end record"));
}

TEST(Archive, RefusesEveryTruncation) {
  const auto whole = two_members();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(refusal_of_zip({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}),
              "no error")
        << length;
  }
}

TEST(Archive, RefusesJunkBeforeAfterAndBetweenMembers) {
  auto before = two_members();
  before.insert(before.begin(), std::byte{'x'});
  EXPECT_NE(refusal_of_zip(before), "no error");
  auto after = two_members();
  after.push_back(std::byte{0});
  EXPECT_THAT(refusal_of_zip(after), HasSubstr("junk at its end"));
  // The second entry of the directory names the first member's place.
  auto overlap = two_members();
  put(overlap, kDirectory + 47 + 42, 0);
  EXPECT_NE(refusal_of_zip(overlap), "no error");
}

TEST(Archive, RefusesADirectoryThatDiffersFromTheHeaders) {
  for (const std::size_t field : {8U, 14U, 18U, 22U, 30U}) {  // method, CRC, sizes, name
    auto bytes = two_members();
    put(bytes, field, std::to_integer<unsigned>(bytes[field]) ^ 1U);
    EXPECT_THAT(refusal_of_zip(bytes), HasSubstr("differs from the directory")) << field;
  }
}

TEST(Archive, RefusesANameThatComesTwice) {
  EXPECT_THAT(refusal_of_zip([] {
                auto bytes = two_members();
                put(bytes, kSecond + 30, 'a');
                put(bytes, kDirectory + 47 + 46, 'a');
                return bytes;
              }()),
              HasSubstr("archive member 'a': the name comes twice"));
}

TEST(Archive, RefusesEncryptionUnknownMethodsPartsAndLinks) {
  auto encrypted = two_members();
  put(encrypted, 6, 1);
  put(encrypted, kDirectory + 8, 1);
  EXPECT_THAT(refusal_of_zip(encrypted), HasSubstr("encryption"));
  EXPECT_THAT(refusal_of_zip(golden_zip("bzip2.zip")), HasSubstr("compression method 12 is not supported"));
  auto parts = two_members();
  put(parts, parts.size() - 18, 1);
  EXPECT_THAT(refusal_of_zip(parts), HasSubstr("several parts"));
  EXPECT_THAT(refusal_of_zip(golden_zip("symbolic_link.zip")), HasSubstr("'link': it is a symbolic link"));
}

TEST(Archive, RefusesNamesThatPointOutOfAFolder) {
  for (const char* file : {"climbing.zip", "absolute.zip", "drive.zip"}) {
    EXPECT_THAT(refusal_of_zip(golden_zip(file)), HasSubstr("expected a relative name")) << file;
  }
}

TEST(Archive, RefusesSizesThatDeflateCannotReach) {
  auto bytes = golden_zip("deflated.zip");
  // Both headers of the first member say 2^24 times more.
  const auto directory = std::to_integer<std::size_t>(bytes[bytes.size() - 6]);
  put(bytes, 25, 0x40);
  put(bytes, directory + 27, 0x40);
  EXPECT_THAT(refusal_of_zip(bytes), HasSubstr("cannot hold"));
}

TEST(Archive, ReadsStoredMembersWhereTheyLie) {
  const SharedBytes whole(two_members());
  const Archive archive(whole, "m.keras");
  EXPECT_EQ(archive.read("a", 5).data(), whole.data() + 31);
}

TEST(Archive, NoticesDamagedData) {
  auto stored = two_members();
  put(stored, 31, 'x');
  const Archive archive(stored, "m.keras");
  EXPECT_THAT(testing::error_text<ValueError>([&] { archive.read("a", 10); }),
              HasSubstr("'m.keras': archive member 'a' is damaged"));
  EXPECT_EQ(text_of(archive.read("b", 10)), "xyz");
}

TEST(Archive, SurvivesEveryChangedByte) {
  for (const auto& whole : {two_members(), golden_zip("deflated.zip"), golden_zip("zip64.zip")}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const unsigned change : {0x01U, 0x80U, 0xFFU}) {
        auto bytes = whole;
        put(bytes, at, std::to_integer<unsigned>(bytes[at]) ^ change);
        try {
          const Archive archive(bytes, "m.keras");
          for (const ZipMember& member : archive.members()) archive.read(member.name, 1 << 20);
        } catch (const ValueError&) {  // NOLINT: a refusal is as good as a success here
        }
      }
    }
  }
}

}  // namespace
}  // namespace sepal
