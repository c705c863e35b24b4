// Calls with bad or unusual arguments, each with what Keras 3.15 ("k315"), Keras 2.15 ("k215") and TensorFlow
// 1.4 ("tf14") made of it: calls.json has the Python code and the results, calls.cpp the same calls in C++.
#include "tests/contract/calls.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/naming.h"

namespace sepal::testing {
namespace {

const Json& recorded_calls() {
  static const Json calls = [] {
    std::ifstream file(std::string(SEPAL_SOURCE_DIR) + "/tests/contract/calls.json");
    return Json::parse(file)["cases"];
  }();
  return calls;
}

// What a call came to, in the form of calls.json.
Json outcome(const std::function<Json()>& run) {
  const auto raised = [](const char* name, const std::exception& error) {
    return Json{{"raises", name}, {"message", error.what()}};
  };
  try {
    return {{"ok", run()}};
  } catch (const ValueError& error) {
    return raised("ValueError", error);
  } catch (const TypeError& error) {
    return raised("TypeError", error);
  } catch (const AttributeError& error) {
    return raised("AttributeError", error);
  } catch (const RuntimeError& error) {
    return raised("RuntimeError", error);
  } catch (const InvalidArgumentError& error) {
    return raised("InvalidArgumentError", error);
  } catch (const OSError& error) {
    return raised("OSError", error);
  }
}

// Python's printed objects ("<SeparableConv2D name=…>") say only that there was no error.
bool is_printed_object(const Json& value) {
  return value.is_string() && value.get<std::string>().starts_with("<");
}

// The recorded fractions have eight digits.
void expect_equal(const Json& got, const Json& want) {
  if (is_printed_object(want)) return;
  if (want.is_number_float() && got.is_number()) {
    EXPECT_FLOAT_EQ(got.get<float>(), want.get<float>());
  } else if (want.is_object() && got.is_object()) {
    ASSERT_EQ(got.size(), want.size());
    for (const auto& [key, value] : want.items())
      expect_equal(got.value(key, Json("missing: " + key)), value);
  } else {
    EXPECT_EQ(got, want);
  }
}

class RecordedCall : public ::testing::TestWithParam<Call> {};

TEST_P(RecordedCall, ComesToTheSame) {
  const Call& call = GetParam();
  const Json* recorded = nullptr;
  for (const Json& candidate : recorded_calls()) {
    if (candidate["id"] == call.id) recorded = &candidate;
  }
  ASSERT_NE(recorded, nullptr);
  SCOPED_TRACE((*recorded)["code"].get<std::string>());
  clear_session();
  const Json got = outcome(call.run);
  SCOPED_TRACE(got.dump());
  const bool by_row = std::string_view(call.like) == "row";
  ASSERT_EQ(by_row, !call.instead.empty());
  const Json want = by_row ? Json::parse(call.instead) : (*recorded)["results"][call.like];
  ASSERT_EQ(got.contains("raises"), want.contains("raises"));
  if (want.contains("ok")) return expect_equal(got["ok"], want["ok"]);
  EXPECT_EQ(got["raises"], want["raises"]);
  const std::string message = got["message"];
  EXPECT_FALSE(call.says.empty()) << "an error has to be looked at";
  for (const std::string& part : call.says) {
    EXPECT_NE(message.find(part), std::string::npos) << part;
  }
}

INSTANTIATE_TEST_SUITE_P(Contract, RecordedCall, ::testing::ValuesIn(calls()),
                         [](const auto& info) { return std::string(info.param.id); });

TEST(RecordedCalls, AreAllMadeOrCannotBeWritten) {
  std::map<std::string, int> made;
  for (const Call& call : calls()) ++made[call.id];
  for (const char* id : calls_without_a_form_in_cpp()) ++made[id];
  for (const Json& call : recorded_calls()) EXPECT_EQ(made[call["id"]], 1) << call["id"];
  EXPECT_EQ(made.size(), recorded_calls().size());
}

}  // namespace
}  // namespace sepal::testing
