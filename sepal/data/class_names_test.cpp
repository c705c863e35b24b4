#include "sepal/data/class_names.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using testing::error_text;

class ClassNames : public ::testing::Test {
 protected:
  std::vector<ClassName> read(const std::string& text) {
    testing::write_quickly(folder_ / "names", std::as_bytes(std::span(text)));
    return read_class_names(folder_ / "names");
  }
  testing::TemporaryFolder folder_;
};

TEST_F(ClassNames, AreTheLinesOfAText) {
  const auto classes = read("cat\r\nsea urchin\nBär");
  ASSERT_EQ(classes.size(), 3);
  EXPECT_EQ(classes[0].name, "cat");
  EXPECT_EQ(classes[1].name, "sea urchin");
  EXPECT_EQ(classes[2].name, "Bär");
  EXPECT_EQ(classes[2].id, "");
}

TEST_F(ClassNames, AreReadFromTheIndexOfKeras) {
  const auto classes =
      read(R"( {"1": ["n01443537", "goldfish"], "0": ["n01440764", "tench"], "2": "shark"} )");
  ASSERT_EQ(classes.size(), 3);
  EXPECT_EQ(classes[0].id, "n01440764");
  EXPECT_EQ(classes[0].name, "tench");
  EXPECT_EQ(classes[1].name, "goldfish");
  EXPECT_EQ(classes[2].name, "shark");
}

TEST_F(ClassNames, SayWhatIsWrongWithTheFile) {
  const auto refused = [&](const std::string& text) { return error_text<ValueError>([&] { read(text); }); };
  EXPECT_NE(refused("").find("names no classes"), std::string::npos);
  EXPECT_NE(refused("cat\n\ndog\n").find("line 2"), std::string::npos);
  EXPECT_NE(refused(R"({"0": ["a", "b"], "2": ["a", "b"]})").find("number \"1\""), std::string::npos);
  EXPECT_NE(refused(R"({"0": "a", "0": "b"})").find("twice"), std::string::npos);
  EXPECT_NE(refused(R"({"0": 7})").find("expected [id, name]. Received: 7"), std::string::npos);
  EXPECT_NE(refused(R"({"0": [[["a"]]]})").find("deeper"), std::string::npos);
  EXPECT_NE(refused(R"({"0": )").find("intact JSON"), std::string::npos);
  EXPECT_THROW(read_class_names(folder_ / "nothing"), OSError);
}

}  // namespace
}  // namespace sepal
