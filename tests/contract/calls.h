// The calls of calls.json in C++.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sepal/base/config.h"

namespace sepal::testing {

struct Call {
  const char* id;
  std::function<Json()> run;
  /// What an error's text has to hold: the argument, the rule, the value received.
  std::vector<std::string> says = {};
  /// Whose result it is: the founding page wins where it speaks ("tf14"), else Keras 3 ("k315").
  const char* like = "k315";
  /// Where Sepal agrees with neither: the result in the form of calls.json, as text.
  std::string instead = {};
};

std::vector<Call> calls();

/// Calls whose mistake the C++ compiler finds.
std::vector<const char*> calls_that_do_not_compile();

}  // namespace sepal::testing
