#include "sepal/graph/topology.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"

namespace sepal {
namespace {

class Box : public Operation {
 public:
  explicit Box(std::string name) { set_name(std::move(name)); }
  KerasTensor operator()(const KerasTensors& inputs) {
    return Node::record_call(shared_from_this(), inputs, {{{1}, DType::float32, name()}},
                             inputs.size() != 1)[0];
  }
};

std::shared_ptr<Box> box(const char* name) { return std::make_shared<Box>(name); }

KerasTensor source(const char* name) { return (*box(name))({}); }

std::vector<std::string> names(const Topology& topology) {
  std::vector<std::string> result;
  for (const auto& operation : topology.operations) result.push_back(operation->name());
  return result;
}

TEST(Topology, OrdersOperationsByDepthThenByTheWalkFromTheOutputs) {
  const KerasTensor in = source("in");
  const KerasTensor a = (*box("a"))({in});
  const KerasTensor long_way = (*box("c"))({(*box("b"))({a})});
  const KerasTensor out = (*box("add"))({long_way, (*box("short"))({a})});
  const Topology topology = map_topology({in}, {out});
  EXPECT_EQ(names(topology), (std::vector<std::string>{"in", "a", "b", "c", "short", "add"}));
  EXPECT_EQ(topology.depths.size(), topology.nodes.size());
}

TEST(Topology, CountsASharedOperationOnce) {
  const KerasTensor in = source("in");
  const auto shared = box("shared");
  const KerasTensor out = (*shared)({(*shared)({in})});
  const Topology topology = map_topology({in}, {out});
  EXPECT_EQ(names(topology), (std::vector<std::string>{"in", "shared"}));
  EXPECT_EQ(topology.nodes.size(), 3U);
}

TEST(Topology, StopsAtTheInputsOfTheModel) {
  const KerasTensor in = source("in");
  const KerasTensor middle = (*box("a"))({in});
  const KerasTensor out = (*box("b"))({middle});
  EXPECT_EQ(names(map_topology({middle}, {out})), (std::vector<std::string>{"a", "b"}));
}

TEST(Topology, KeepsAnInputThatNothingReads) {
  const KerasTensor used = source("used");
  const KerasTensor unused = source("unused");
  const KerasTensor second = source("second");
  const KerasTensor out = (*box("a"))({used});
  // In front of the outputs, in the order of the inputs.
  EXPECT_EQ(names(map_topology({used, unused, second}, {out})),
            (std::vector<std::string>{"used", "unused", "second", "a"}));
}

TEST(Topology, RefusesOutputsThatNeedMoreThanTheInputs) {
  const KerasTensor in = source("in");
  const KerasTensor other = source("other");
  const KerasTensor out = (*box("add"))({in, other});
  testing::expect_error<ValueError>([&] { (void)map_topology({in}, {out}); }, {"other", "not connected"});
}

TEST(Topology, RefusesTheSameInputTwice) {
  const KerasTensor in = source("in");
  const KerasTensor out = (*box("a"))({in});
  testing::expect_error<ValueError>([&] { (void)map_topology({in, in}, {out}); }, {"multiple times"});
}

TEST(Topology, RefusesTwoOperationsOfOneName) {
  const KerasTensor in = source("in");
  const KerasTensor out = (*box("same"))({(*box("same"))({in})});
  testing::expect_error<ValueError>([&] { (void)map_topology({in}, {out}); }, {"\"same\"", "2 times"});
}

TEST(Node, RemembersCallsWithoutKeepingTheGraphAlive) {
  const KerasTensor in = source("in");
  const auto a = box("a");
  std::weak_ptr<Node> node;
  {
    const KerasTensor out = (*a)({in});
    node = out.node();
    EXPECT_EQ(outputs_of(a->calls()[0])[0], out);
    EXPECT_TRUE(outputs_of(a->calls()[0])[0].node());
  }
  EXPECT_TRUE(node.expired());
  EXPECT_EQ(a->calls().size(), 1U);
  EXPECT_EQ(inputs_of(a->calls()[0])[0], in);
  EXPECT_FALSE(outputs_of(a->calls()[0])[0].node());
}

TEST(Node, RefusesAnInputWhoseHistoryIsGone) {
  const auto a = box("a");
  const KerasTensor in = source("in");
  (void)(*a)({in});
  const KerasTensor orphan = outputs_of(a->calls()[0])[0];
  testing::expect_error<ValueError>([&] { (void)(*box("b"))({orphan}); }, {"without history"});
}

}  // namespace
}  // namespace sepal
