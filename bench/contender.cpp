// Sepal's layers beside other systems: bench/rivals starts this program and sends it problems
// (line_protocol.h).
//
//   sepal_contender [implementation]     "fused", "reference", …: what the ops must use; default: their
//   choice
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/layer_problem.h"
#include "bench/line_protocol.h"
#include "sepal/base/error.h"
#include "sepal/ops/implementations.h"

namespace sepal::bench {
namespace {

Work work_from_kind(const std::string& kind) {
  if (kind == "sep") return Work::forward;
  if (kind == "train") return Work::training_step;
  if (kind == "conv") return Work::conv2d;
  throw ValueError("kind must be sep, train or conv. Received: " + kind);
}

LayerProblem problem_from(const Json& request) {
  LayerProblem p;
  request.at("name").get_to(p.name);
  request.at("n").get_to(p.batch);
  request.at("h").get_to(p.height);
  request.at("w").get_to(p.width);
  request.at("cin").get_to(p.channels);
  request.at("cout").get_to(p.filters);
  request.at("kh").get_to(p.kernel_h);
  request.at("kw").get_to(p.kernel_w);
  request.at("stride").get_to(p.stride);
  request.at("dilation").get_to(p.dilation);
  request.at("dm").get_to(p.depth_multiplier);
  request.at("padding").get_to(p.padding);
  request.at("data_format").get_to(p.data_format);
  return p;
}

}  // namespace
}  // namespace sepal::bench

int main(int argc, char** argv) {
  using namespace sepal::bench;
  const sepal::ops::ForceImplementation force(argc > 1 ? argv[1] : "");
  answer_requests([](const sepal::Json& request) {
    return ready_layer(problem_from(request), work_from_kind(request.at("kind").get<std::string>()));
  });
  return 0;
}
