// The text of an expected error, so that a test can say what must stand in it.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace sepal::testing {

/// What the Error thrown by `action` says; "no error" if it throws none. Other exceptions pass.
template <class Error, class Action>
std::string error_text(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// Expects `action` to throw an Error whose text holds every one of `parts`.
template <class Error, class Action>
void expect_error(const Action& action, std::initializer_list<const char*> parts) {
  const std::string text = error_text<Error>(action);
  ASSERT_NE(text, "no error");
  for (const char* part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
}

}  // namespace sepal::testing
