#include "sepal/saving/json_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/saving/printable.h"
#include "tests/support/error_text.h"

namespace sepal {
namespace {

using ::testing::HasSubstr;

std::string refusal_of_json(const std::string& text) {
  return testing::error_text<ValueError>([&] { parse_json(text, "file 'm.keras', config.json"); });
}

TEST(ParseJson, BuildsTheValueInTheOrderOfItsKeys) {
  const std::string text = R"({"b":[1,-2,0.5,true,null,"x\u00e4"],"a":{"c":{}},"d":18446744073709551615})";
  EXPECT_EQ(parse_json(text, "f").dump(),
            R"({"b":[1,-2,0.5,true,null,"xä"],"a":{"c":{}},"d":18446744073709551615})");
  EXPECT_EQ(parse_json("3", "f").get<int>(), 3);
}

TEST(ParseJson, LimitsTheDepth) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(parse_json(nested(128), "f").is_array());
  EXPECT_THAT(refusal_of_json(nested(129)), HasSubstr("nested more than 128 levels"));
  EXPECT_THAT(refusal_of_json(std::string(1000000, '[')), HasSubstr("nested more than 128 levels"));
}

TEST(ParseJson, NamesThePlaceOfAKeyThatComesTwice) {
  EXPECT_THAT(refusal_of_json(R"({"layers":[{"a":1},{"config":{"name":1,"name":2}}]})"),
              HasSubstr("config.json: the key 'name' comes twice in the object at '/layers/1/config'"));
}

TEST(ParseJson, NamesTheByteOfASyntaxError) {
  EXPECT_THAT(refusal_of_json("{\"a\": tru"), HasSubstr("config.json: not valid JSON at byte 10"));
  EXPECT_THAT(refusal_of_json(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal_of_json("{} x"), HasSubstr("not valid JSON"));
}

TEST(ParseJson, RefusesWhatPythonWritesAndJsonLacks) {
  for (const char* text : {"[NaN]", "[Infinity]", "[-Infinity]", "[1e400]"}) {
    EXPECT_THAT(refusal_of_json(text), HasSubstr("not valid JSON at byte")) << text;
  }
}

TEST(ParseJson, RefusesTextThatIsNoUtf8) {
  EXPECT_THAT(refusal_of_json("[\"\xFF\"]"), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal_of_json("[\"\\ud800\"]"), HasSubstr("surrogate"));
  EXPECT_THAT(refusal_of_json("\xEF\xBB\xBF{}"), HasSubstr("byte order mark"));
  EXPECT_THAT(refusal_of_json("{\"layers\":[{\"a\\u0000\":1}]}"), HasSubstr("NUL"));
}

TEST(ParseJson, ShowsControlCharactersEscaped) {
  EXPECT_THAT(refusal_of_json("{\"\\u001b[31m\":1,\"\\u001b[31m\":2}"), HasSubstr("'\\x1b[31m'"));
}

TEST(ParseJson, LimitsStringsAndKeys) {
  const std::string longest(kMostJsonStringBytes, 'x');
  EXPECT_EQ(parse_json("[\"" + longest + "\"]", "f")[0].get<std::string>().size(), longest.size());
  EXPECT_THAT(refusal_of_json("{\"a\":[\"x" + longest + "\"]}"),
              HasSubstr("a string at '/a' has 1048577 bytes, expected at most 1048576"));
  EXPECT_THAT(refusal_of_json("{\"" + longest + "x\":1}"), HasSubstr("has 1048577 bytes"));
  std::string text = "[{";
  for (std::size_t i = 0; i <= kMostJsonKeys; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  EXPECT_THAT(refusal_of_json(text + "}]"), HasSubstr("the object at '/0' has more than 262144 keys"));
}

TEST(ParseJson, LimitsTheNumberOfValues) {
  std::string text = "[";
  for (std::size_t i = 0; i <= kMostJsonValues; ++i) text += "0,";
  EXPECT_THAT(refusal_of_json(text + "0]"), HasSubstr("expected at most 1048576 JSON values"));
}

TEST(Printable, EscapesWhatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[31m\n"), "a\\x1b[31m\\x0a");
  EXPECT_EQ(printable("\xC2\x9B 1 \xE2\x80\xAE 2 \xE2\x81\xA6"),
            "\\xc2\\x9b 1 \\xe2\\x80\\xae 2 \\xe2\\x81\\xa6");
  EXPECT_EQ(printable("Größe … \xF0\x9F\x98\x80"), "Größe … \xF0\x9F\x98\x80");
  EXPECT_EQ(printable("Größe", 3), "Gr...");
}

TEST(ParseJson, TakesManyKeysInLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 200000; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":0";
  EXPECT_EQ(parse_json(text + "}", "f").size(), 200000U);
}

}  // namespace
}  // namespace sepal
