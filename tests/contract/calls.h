// The calls of calls.json in C++.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "sepal/base/config.h"

namespace sepal::testing {

struct Call {
  const char* id;
  std::function<Json()> run;
  /// What an error's text has to hold: the argument, the rule, the value received.
  std::vector<std::string> says = {};
  /// Whose result it is: the founding page wins where it speaks ("tf14"), else Keras 3 ("k315"); Keras 2
  /// ("k215") where those two have an error of Python's own. "row": the specification's row of this call
  /// decides against all three, mostly for an error where Python found none or stumbled on.
  const char* like = "k315";
  /// With "row": the result in the form of calls.json, as text.
  std::string instead = {};
};

/// How test programs list it.
inline void PrintTo(const Call& call, std::ostream* out) { *out << call.id; }

// By what is called, each in a file of its own.
std::vector<Call> constructions();     // construction_calls.cpp
std::vector<Call> builds_and_calls();  // building_calls.cpp
std::vector<Call> weights_and_losses();
std::vector<Call> nodes_and_names();  // config_calls.cpp
std::vector<Call> configs();
std::vector<Call> other_layers();  // other_layer_calls.cpp
std::vector<Call> files();         // model_calls.cpp
std::vector<Call> training();

/// All of them.
std::vector<Call> calls();

/// Calls whose mistake the C++ compiler finds or C++ has no words for.
std::vector<const char*> calls_without_a_form_in_cpp();

}  // namespace sepal::testing
