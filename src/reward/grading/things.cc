#include "grading/things.h"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace hrm::grading {
namespace {

// What follows numbers in the questions of GSM8K and MATH, without the words that are also an adverb, an adjective, a
// verb alone or mathematics of their own (isosceles, perhaps, equals, roots).
constexpr std::string_view kThings =
    "accessories accidents accounts aces acorns activities actors addresses administrators adults afternoons "
    "airplanes albums aliens alligators almonds alpacas altitudes amoebas amounts amulets angles animals answers "
    "antacids antlers ants apartments appearances appetizers apples appliances applications appointments apps "
    "aprons aquariums arcs areas arenas armchairs arms arrangements arrays artichokes articles artifacts artworks "
    "asparagus assignments assortments asymptotes athletes attempts attendees attractions audiobooks aunts "
    "autobiographies avocados awards axes babies backpacks badges bagels baggies bags baguettes bales balloons "
    "balls bananas bandages bands banks barrels barrettes bars baseballs bases basketballs baskets batches "
    "bathrooms baths bats battalions batteries beaches beads beakers beams beans bearings bears beats beavers "
    "bedbugs bedrooms beds bees beetles beignets belts benches berets berries bicycles bids bikes billboards bills "
    "binders bins biographies birches birdhouses birds biscuits bisectors bites bits blackbirds blankets blisters "
    "blocks blondies blouses blueberries boards boas boats bodies bollards bolts bones bonnets bookcases bookmarks "
    "books bottlecaps bottles bounces bouquets bowlers bowlfuls bowls boxcars boxes boxwoods boys bracelets braids "
    "branches breads breakfasts breaks breaths bricks bridesmaids bridges brochures broomsticks brothers brownies "
    "browsers brunettes bubbles buckets bugs builders buildings bulbs bunches bundles bunnies buns burgers "
    "burritos buses bushels bushes businesses butchers butterflies buttons buyers cabinets cages cakes calculators "
    "calls calories camels cameras campers candidates candies candles canes cannolis canoes cans cantaloupes "
    "canvases cappuccinos caps capsules captains caramels caravans cardinals cards carnations carpenters carpets "
    "carriages carrots cars cartons cartridges carts cases castles catches categories caterpillars cats cavities "
    "ceilings cells centerpieces centers centres chains chairs champions chandeliers changes channels chaperones "
    "chapters characters chargers charges charts checks cheerleaders cheesecakes cheeses cheetahs chefs cherries "
    "chests chickens chicks chiefs children chimes chimichangas chipmunks chips chives chocolates choices chords "
    "chores circles citations cities citizens claims clamps clams clarinets classes classmates classrooms claws "
    "cleaners clerks clients cliffs clippings clips cloaks clothes clotheslines clouds clovers cloves clowns clubs "
    "clusters coaches coals coasters coats cobras cobs coconuts codes coefficients coffees coins collars "
    "collectors colleges collies colorings colors columns combinations comics commercials committees companies "
    "competitions competitors complaints complexes composites compositions computers condiments conditions cones "
    "congruences consonants constants contacts containers contestants contracts conversions convertibles cookies "
    "coolers coordinates copies corners corns cougars coughs counselors counters counties countries "
    "coupons courses cousins covers cows crabs crackers crafts cranberries cranes craters crates crayons creams "
    "creatures credits crickets criminals crocodiles croissants crops crosswalks croutons crows cubes cubs "
    "cucumbers cupcakes curlers curries customers cuts cuttlebones cycles dahlias daisies dancers dandelions daps "
    "darts daughters decimeters decks decorations deers defenders delegates deliveries demerits desks desserts "
    "devices diagonals dials diamonds diapers diaries dice digits dimensions dimes dinners dinosaurs directions "
    "discounts discs dishes distances dividers divisions divisors doctors dogs dolls dolphins dominoes donations "
    "donuts doors doses dots doughnuts doughs doves downloads dragons drawings draws dreadnoughts dreams dresses "
    "drinks drips driveways dromedaries drops drummers drums dryers ducklings ducks dumbbells dumplings dwarves "
    "earrings ears eaters edges eels eggplants eggs elements elephants elves emails employees emus enchiladas "
    "enclosures endings endpoints enemies engines entertainers entrees entries envelopes episodes equations "
    "erasers errors espressos essays events exams exercises expeditions expenses expressions eyes faces factors "
    "fairies fallops families fans farmhands farms farthings feathers feedings fees females fences ferns fields "
    "fights figures figurines files filets fillets fillings finches fingers firecrackers firefighters fireflies "
    "fireworks fish fishes flags flagstones flamingoes flamingos flashlights flats flavors fleas flecks flicks "
    "flies flights flips floats flocks floors flowers flutes flyers folders foldings followers footballs "
    "footprints forks forms fowls foxes fractions frames friends fries frisbees frogs fronds fruits functions "
    "funds furlongs galleries games gardenias gardens garments gates gears geckos geese gels gems gemstones "
    "geraniums gerbils gharials gifts gigabytes gigs gingerbreads giraffes girls glasses globes gnomes goalies "
    "goals goats goldfishes graders grades graduates grains granddaughters grandkids grandparents grapes graphs "
    "grasshoppers graves groceries groups guards guesses guests guides guitars gumballs guns guppies gusts "
    "haircuts hairs hairstyles halls hamburgers hamsters handbags handfuls hands handshakes hangers harbors hares "
    "hats hawks heads hearts heels heights helmets hens hexagons highlighters hikes hills hits hives hogs holes "
    "homes honeydews hoodies hoops hoots hops horns horses horseshoes hoses hospitals hotdogs hounds households "
    "houses humans humps hushpuppies huskies iguanas implants inches increments indices individuals inequalities "
    "infections ingredients inhabitants inpatients insects installments instances instructions instructors "
    "instruments integers intersections intervals invitations islands issues items jackets jacks jaguars jars jays "
    "jeans jellybeans jennies jerseys jewels jobs joggers jokers jokes jugs juices jumpers jumps juniors kangaroos "
    "kebabs kernels kettles keyboards keys kids kilobytes kilos kilowatts kindergartners kinds kings kitchens kits "
    "kittens kiwis knives knobs knocks knots koalas kunks ladders ladies ladybugs lakes lambs lamps lanes laps "
    "laptops lasagnas lattes lawnmowers lawns lawyers layers layoffs leaves lecturers legos legs leis lemonades "
    "lemons lengths leopards lessons letters levels licks lids lightbulbs lighters lights lilacs lilies limbs "
    "limes lines lineups links lions listens lists lizards llamas loads loaves locations loggers lollipops losses "
    "lovers lugs lunches lychees macarons macaroons machines magazines maggots magnets magpies males mambas "
    "managers mangoes mangos marbles marigolds marines markers marks marshmallows mascots masks matchboxes matches "
    "matchsticks materials matrices mats meals meatballs medals meerkats megabits megabytes melons members memos "
    "men meows messages methods mice microphones milkshakes millipedes minerals minibusses minks minnows mirrors "
    "mistakes mittens models money monitors monkeys monomials monsters motorcycles mountains moves movies muffins "
    "mugs mushrooms musicians nails napkins naps natives necklaces neighborhoods neighbors nephews nerds newborns "
    "newspapers nickels nieces nights noodles noses notebooks notepads notes nougats novels nuggets numbers nurses "
    "nuts oaks objects octagons offers officers offices ohms olives omelets omelettes onions openings options "
    "oranges orchards orchids orcs orderings orders outcomes outfits outsiders owners oysters packages packets "
    "packs pages pails painters paintings pairings pairs palindromes pallets pamphlets pancakes pandas panels pans "
    "pansies pants papayas paperclips papers parabolas paragraphs parakeets parents parks parrots parsecs parsnips "
    "participants particles parties partitions partners parts passengers passwords pastries patches paths patients "
    "patrons patterns pauses paws paychecks payments pays peaches peanuts pearls pears pebbles pegs pencils "
    "penguins pens pentagons people peppers periods permits permutations persons pesetas pesos petals pets "
    "petunias pfennigs phones photographs photos phrases physicians pianists pickles picks pictures pieces pies "
    "pigeons piglets pigs piles pillows pills pineapples pinecones pines pins pipes pistachios pitches pits pixels "
    "pizzas places planes planets planks planners plans planters plants plates platters players playlists plays "
    "plots plugs plums pockets pods poets pointers points poles polishes pollywogs polygons polynomials "
    "pomegranates pomelos poodles pools popcorns popsicles porcupines portions portraits positions possibilities "
    "postcards posters posts potatoes pots pouches presents presses pretzels prices printers prints prisms prizes "
    "probabilities problems products professors programs properties publishers puffs pugs pulls pumpkins pumps "
    "punches pupils puppies pups purchases purses pushups puzzles pyramids pythons quadratics quadrilaterals "
    "quantities queens questions quiches quilts quizzes rabbits racers races rackets racks racquets radishes "
    "raisins rands ranks raspberries rats rays razors reams rearrangements rebates recipes records recoveries "
    "rectangles redwoods reflections refuels regions relatives repacks reports representations representatives "
    "reps requests requirements residents restaurants results retrievers returns reviews revolutions rhinestones "
    "rhinos ribbons riddles riders rides ridges rings roads robes robins robots rocks rodents rods roles rolls "
    "roofs roommates rooms roosters ropes roses rotations rounds routes rows rubies ruffles rugs rungs runners "
    "runs sacks sacs sailors sails salads sales salmons salutations samples sandcastles sandwiches saplings "
    "sapphires sauces sausages saves savings scallops scarves scenes scents schemes schoolers schools scientists "
    "scissors scoops scooters scores scouts screams screens screws scrunchies seagulls seahorses seashells seasons "
    "seatings seats sections sectors seedlings seeds segments selections semesters semicircles seniors sentences "
    "sequences sequins services servings sessions sets settings shapes shares sharks sharpeners sheep sheets "
    "shells shelves shifts shingles shipments ships shirts shoeboxes shoes shoppers shots showers shows siblings "
    "sides sightings signatures signs singers sinks sips sisters sites situations situps sizes skates skeins "
    "skeletons skips skirts skulls slacks slats sleeves slices slips slots smartphones smoothies smores snacks "
    "snails snakes snapdragons sneakers snowballs snowflakes soaps socks sodas sofas soldiers solids solutions "
    "songs sonnets sons sophomores sorcerers sounds sours souvenirs spaces spades sparklers sparrows spears "
    "specialists speeds spheres spiders spiderwebs spinners spins spokes spools spoonfuls spoons sports spots "
    "spreads sprigs sprinters sqft squads squares squats squirrels stables stacks stages stairs stakes stalks "
    "stamps stanzas staplers starfishes stars starters statements states stations statues steaks stems steps "
    "stickers sticks stingrays stitches stones stools stoplights stores stories strands strawberries straws "
    "streams streetlights streets strings stripes strips strokes structures students stuffers stuffies "
    "subcommittees subjects subs subscribers subscriptions subsections subsequences subsets substitutions "
    "substrings suckers suggestions suitcases suits sundaes sunflowers supplements suppliers supplies surfers "
    "surveys swallows swans sweaters sweatshirts sweets switches systems tables tablespoons tabs tacks tacos "
    "tadpoles tails tangents tangerines tanks tapes taps tarantulas targets tarts tasks tattoos taxes teachers "
    "teacups teammates teams tears teas teaspoons teddies teenagers tees teeth televisions tellers tennis tents "
    "terms terriers teslas tests tetras textbooks texts theorems thermoses things thorns throws thumbtacks tickets "
    "tickmarks ticks ties tigers tiles tilings tins tips tires tissues toads toddlers toenails toes toilets tokens "
    "tomatoes tonnes tools toothbrushes toothpicks toppings tops tosses touchdowns tourists tours towels towers "
    "towns toys tractors trains transistors trapezoids trays treasures treatments treats trees trials triangles "
    "tricks tricycles tries trikes trips trolls trombones trophies trouts truckloads trucks truffles "
    "trumpets tubes tubs tulips tumblers tuples turkeys turns turtles twigs types typists umbrellas uncles "
    "unicorns uniforms utensils utilities vacations vaccines values vampires vans variables vases vectors "
    "vegetables vehicles vents venues vertices vessels vests vets vibrations videos viewers vines violins visitors "
    "visits volleyballs volumes volunteers voters votes vowels wages waiters waits wallops walls walnuts wands "
    "washers washes washings watches watermelons watts ways weasels websites wedges weeds weekdays weekends "
    "weights werewolves whales wheels whiskers whistlers whiteboards widgets wights wigs windows wings winners "
    "wins wipes wishes witches wolves wombats women woodblocks words workdays workers worksheets worms yarns "
    "yields yogurts yolks zebras zeros zits zombies zones zucchinis ";

std::unordered_set<std::string_view> things() {
  std::unordered_set<std::string_view> all;
  for (std::string_view rest = kThings; !rest.empty();) {
    const size_t size = std::min(rest.find(' '), rest.size());
    all.insert(rest.substr(0, size));
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  return all;
}

}  // namespace

bool names_things(std::string_view plural) {
  static const std::unordered_set<std::string_view> all = things();
  return all.contains(plural);
}

}  // namespace hrm::grading
