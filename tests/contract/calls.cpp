#include "tests/contract/calls.h"

namespace sepal::testing {

std::vector<Call> calls() {
  std::vector<Call> all;
  for (const auto& group : {constructions(), builds_and_calls(), weights_and_losses(), nodes_and_names(),
                            configs(), files(), other_layers(), training()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

std::vector<const char*> calls_without_a_form_in_cpp() {
  return {"ctor_positional_6th",  // arguments have names
          "add_tensor",           // a tensor is a list of one
          "build_none",           "call_no_args", "call_string",      "call_kw_unknown",
          "set_weights_nonarray", "input_kw",     "seq_add_non_layer"};
}

}  // namespace sepal::testing
