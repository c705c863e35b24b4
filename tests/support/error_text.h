// The text of an expected error, so that a test can say what must stand in it.
#pragma once

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

}  // namespace sepal::testing
