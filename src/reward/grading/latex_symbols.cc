// Macros without arguments and the Unicode text that stands for them, sorted by name (byte order).
#include <algorithm>
#include <iterator>

#include "grading/latex_text.h"

namespace hrm::grading {
namespace {

struct Symbol {
  std::string_view name;
  const char* text;
};

// clang-format off
constexpr Symbol kSymbols[] = {
    {" ", " "}, {"!", ""}, {"#", "#"}, {"$", "$"}, {"%", "%"}, {"&", "&"}, {",", " "}, {"-", "\u00AD"},
    {":", " "}, {";", " "}, {"AA", "Å"}, {"AE", "Æ"}, {"Alpha", "Α"}, {"Angle", "⦜"}, {"Beta", "Β"},
    {"Bumpeq", "≎"}, {"Cap", "⋒"}, {"Chi", "Χ"}, {"Colon", "∷"}, {"Cup", "⋓"}, {"DH", "Ð"}, {"DJ", "Đ"},
    {"Delta", "Δ"}, {"Digamma", "Ϝ"}, {"DownArrowBar", "⤓"}, {"DownArrowUpArrow", "⇵"},
    {"DownLeftRightVector", "⥐"}, {"DownLeftTeeVector", "⥞"}, {"DownLeftVectorBar", "⥖"},
    {"DownRightTeeVector", "⥟"}, {"DownRightVectorBar", "⥗"}, {"Downarrow", "⇓"}, {"Epsilon", "Ε"},
    {"Equal", "⩵"}, {"Eta", "Η"}, {"Gamma", "Γ"}, {"IJ", "Ĳ"}, {"Iota", "Ι"}, {"Kappa", "Κ"}, {"Koppa", "Ϟ"},
    {"L", "Ł"}, {"Lambda", "Λ"}, {"LeftDownTeeVector", "⥡"}, {"LeftDownVectorBar", "⥙"},
    {"LeftRightVector", "⥎"}, {"LeftTeeVector", "⥚"}, {"LeftTriangleBar", "⧏"}, {"LeftUpDownVector", "⥑"},
    {"LeftUpTeeVector", "⥠"}, {"LeftUpVectorBar", "⥘"}, {"LeftVectorBar", "⥒"}, {"Leftarrow", "⇐"},
    {"Leftrightarrow", "⇔"}, {"Lleftarrow", "⇚"}, {"Longleftarrow", "⟸"}, {"Longleftrightarrow", "⟺"},
    {"Longrightarrow", "⟹"}, {"Lsh", "↰"}, {"Mu", "Μ"}, {"NG", "Ŋ"}, {"NestedGreaterGreater", "⪢"},
    {"NestedLessLess", "⪡"}, {"Nu", "Ν"}, {"O", "Ø"}, {"OE", "Œ"}, {"Omega", "Ω"}, {"Omicron", "Ο"},
    {"Phi", "Φ"}, {"Pi", "Π"}, {"Psi", "Ψ"}, {"ReverseUpEquilibrium", "⥯"}, {"Rho", "Ρ"},
    {"RightDownTeeVector", "⥝"}, {"RightDownVectorBar", "⥕"}, {"RightTeeVector", "⥛"},
    {"RightTriangleBar", "⧐"}, {"RightUpDownVector", "⥏"}, {"RightUpTeeVector", "⥜"}, {"RightUpVectorBar", "⥔"},
    {"RightVectorBar", "⥓"}, {"Rightarrow", "⇒"}, {"RoundImplies", "⥰"}, {"Rrightarrow", "⇛"}, {"Rsh", "↱"},
    {"RuleDelayed", "⧴"}, {"Sampi", "Ϡ"}, {"Sigma", "Σ"}, {"Stigma", "Ϛ"}, {"Subset", "⋐"}, {"Supset", "⋑"},
    {"TH", "Þ"}, {"Tau", "Τ"}, {"Theta", "Θ"}, {"UpArrowBar", "⤒"}, {"UpEquilibrium", "⥮"}, {"Uparrow", "⇑"},
    {"Updownarrow", "⇕"}, {"Upsilon", "Υ"}, {"VDash", "⊫"}, {"Vdash", "⊩"}, {"Vert", "‖"}, {"Vvdash", "⊪"},
    {"Xi", "Ξ"}, {"Zeta", "Ζ"}, {"_", "_"}, {"aa", "å"}, {"ae", "æ"}, {"aleph", "ℵ"}, {"allequal", "≌"},
    {"alpha", "α"}, {"amalg", "⨿"}, {"angle", "∠"}, {"approx", "≈"}, {"approxeq", "≊"}, {"approxnotequal", "≆"},
    {"aquarius", "♒"}, {"arccos", "arccos"}, {"arccosh", "arccosh"}, {"arcsin", "arcsin"},
    {"arcsinh", "arcsinh"}, {"arctan", "arctan"}, {"arctanh", "arctanh"}, {"aries", "♈"},
    {"arrowwaveleft", "↜"}, {"arrowwaveright", "↝"}, {"ast", "∗"}, {"asymp", "≍"}, {"backepsilon", "϶"},
    {"backprime", "‵"}, {"backsim", "∽"}, {"backsimeq", "⋍"}, {"backslash", "\\"}, {"barwedge", "⌅"},
    {"because", "∵"}, {"beta", "β"}, {"beth", "ℶ"}, {"between", "≬"}, {"bigcap", "⋂"}, {"bigcirc", "◯"},
    {"bigcup", "⋃"}, {"bigoplus", "⊕"}, {"bigotimes", "⊗"}, {"bigtriangledown", "▽"}, {"bigtriangleup", "△"},
    {"bigvee", "⋁"}, {"bigwedge", "⋀"}, {"blacklozenge", "⧫"}, {"blacksquare", "▪"}, {"blacktriangle", "▴"},
    {"blacktriangledown", "▾"}, {"blacktriangleleft", "◂"}, {"blacktriangleright", "▸"}, {"bowtie", "⋈"},
    {"boxdot", "⊡"}, {"boxminus", "⊟"}, {"boxplus", "⊞"}, {"boxtimes", "⊠"}, {"bullet", "∙"}, {"bumpeq", "≏"},
    {"cancer", "♋"}, {"cap", "∩"}, {"capricornus", "♑"}, {"cdot", "·"}, {"cdots", "⋯"}, {"chi", "χ"},
    {"circ", "∘"}, {"circeq", "≗"}, {"circlearrowleft", "↺"}, {"circlearrowright", "↻"}, {"circledS", "Ⓢ"},
    {"circledast", "⊛"}, {"circledcirc", "⊚"}, {"circleddash", "⊝"}, {"clockoint", "⨏"}, {"clwintegral", "∱"},
    {"complement", "∁"}, {"cong", "≅"}, {"coprod", "∐"}, {"cos", "cos"}, {"cosh", "cosh"}, {"cup", "∪"},
    {"curlyeqprec", "⋞"}, {"curlyeqsucc", "⋟"}, {"curlyvee", "⋎"}, {"curlywedge", "⋏"}, {"curvearrowleft", "↶"},
    {"curvearrowright", "↷"}, {"dag", "†"}, {"dagger", "†"}, {"daleth", "ℸ"}, {"dashv", "⊣"},
    {"dblarrowupdown", "⇅"}, {"ddddot", "⃜"}, {"dddot", "⃛"}, {"ddots", "⋱"}, {"delta", "δ"}, {"dh", "ð"},
    {"diagup", "╱"}, {"diamond", "♢"}, {"digamma", "ϝ"}, {"div", "÷"}, {"divideontimes", "⋇"}, {"dj", "đ"},
    {"doteq", "≐"}, {"doteqdot", "≑"}, {"dotplus", "∔"}, {"dots", "…"}, {"dotsb", "…"}, {"dotsc", "…"},
    {"dotsi", "…"}, {"dotsm", "…"}, {"dotso", "…"}, {"downarrow", "↓"}, {"downdownarrows", "⇊"},
    {"downharpoonleft", "⇃"}, {"downharpoonright", "⇂"}, {"downslopeellipsis", "⋱"}, {"eighthnote", "♪"},
    {"ell", "ℓ"}, {"emptyset", "∅"}, {"enskip", " "}, {"epsilon", "ϵ"}, {"eqcirc", "≖"}, {"eqslantgtr", "⪖"},
    {"eqslantless", "⪕"}, {"equiv", "≡"}, {"estimates", "≙"}, {"eta", "η"}, {"eth", "ƪ"}, {"exists", "∃"},
    {"exp", "exp"}, {"fallingdotseq", "≒"}, {"flat", "♭"}, {"forall", "∀"}, {"forcesextra", "⊨"},
    {"frown", "⌢"}, {"gamma", "γ"}, {"ge", "≥"}, {"gemini", "♊"}, {"geq", "≥"}, {"geqq", "≧"},
    {"geqslant", "⩾"}, {"gg", "≫"}, {"gimel", "ℷ"}, {"gnapprox", "⪊"}, {"gneq", "⪈"}, {"gneqq", "≩"},
    {"gnsim", "⋧"}, {"greaterequivlnt", "≳"}, {"gtrapprox", "⪆"}, {"gtrdot", "⋗"}, {"gtreqless", "⋛"},
    {"gtreqqless", "⪌"}, {"gtrless", "≷"}, {"gtrsim", "≳"}, {"guillemotleft", "«"}, {"guillemotright", "»"},
    {"guilsinglleft", "‹"}, {"guilsinglright", "›"}, {"hbar", "ħ"}, {"hermitconjmatrix", "⊹"},
    {"homothetic", "∻"}, {"hookleftarrow", "↩"}, {"hookrightarrow", "↪"}, {"hslash", "ℏ"}, {"i", "ı"},
    {"iddots", "⋰"}, {"iiint", "∭"}, {"iint", "∬"}, {"ij", "ĳ"}, {"image", "⊷"}, {"in", "∈"}, {"inf", "inf"},
    {"infty", "∞"}, {"int", "∫"}, {"intercal", "⊺"}, {"iota", "ι"}, {"j", "ȷ"}, {"jupiter", "♃"},
    {"kappa", "κ"}, {"l", "ł"}, {"lVert", "‖"}, {"lambda", "λ"}, {"langle", "⟨"}, {"lazysinv", "∾"},
    {"lbrace", "{"}, {"lceil", "⌈"}, {"ldots", "…"}, {"le", "≤"}, {"leftarrow", "←"}, {"leftarrowtail", "↢"},
    {"leftharpoondown", "↽"}, {"leftharpoonup", "↼"}, {"leftleftarrows", "⇇"}, {"leftrightarrow", "↔"},
    {"leftrightarrows", "⇆"}, {"leftrightharpoons", "⇋"}, {"leftrightsquigarrow", "↭"}, {"leftthreetimes", "⋋"},
    {"leo", "♌"}, {"leq", "≤"}, {"leqq", "≦"}, {"leqslant", "⩽"}, {"lessapprox", "⪅"}, {"lessdot", "⋖"},
    {"lesseqgtr", "⋚"}, {"lesseqqgtr", "⪋"}, {"lessequivlnt", "≲"}, {"lessgtr", "≶"}, {"lesssim", "≲"},
    {"lfloor", "⌊"}, {"libra", "♎"}, {"lim", "lim"}, {"liminf", "lim inf"}, {"limsup", "lim sup"}, {"ll", "≪"},
    {"llcorner", "⌞"}, {"lmoustache", "⎰"}, {"ln", "ln"}, {"lnapprox", "⪉"}, {"lneq", "⪇"}, {"lneqq", "≨"},
    {"lnot", "¬"}, {"lnsim", "⋦"}, {"log", "log"}, {"longleftarrow", "⟵"}, {"longleftrightarrow", "⟷"},
    {"longmapsto", "⟼"}, {"longrightarrow", "⟶"}, {"looparrowleft", "↫"}, {"looparrowright", "↬"},
    {"lozenge", "◊"}, {"lrcorner", "⌟"}, {"ltimes", "⋉"}, {"lvert", "|"}, {"male", "♂"}, {"mapsto", "↦"},
    {"max", "max"}, {"measuredangle", "∡"}, {"mercury", "☿"}, {"mho", "℧"}, {"mid", "|"}, {"min", "min"},
    {"mp", "∓"}, {"mu", "μ"}, {"multimap", "⊸"}, {"nLeftarrow", "⇍"}, {"nLeftrightarrow", "⇎"},
    {"nRightarrow", "⇏"}, {"nVDash", "⊯"}, {"nVdash", "⊮"}, {"nabla", "∇"}, {"natural", "♮"}, {"nearrow", "↗"},
    {"neptune", "♆"}, {"neq", "≠"}, {"nexists", "∄"}, {"ng", "ŋ"}, {"ngeq", "≱"}, {"ngtr", "≯"}, {"ni", "∋"},
    {"nleftarrow", "↚"}, {"nleftrightarrow", "↮"}, {"nleq", "≰"}, {"nless", "≮"}, {"nmid", "∤"},
    {"nolinebreak", "⁠"}, {"notgreaterless", "≹"}, {"notin", "∉"}, {"notlessgreater", "≸"}, {"nparallel", "∦"},
    {"nprec", "⊀"}, {"nrightarrow", "↛"}, {"nsubseteq", "⊈"}, {"nsucc", "⊁"}, {"nsupseteq", "⊉"},
    {"ntriangleleft", "⋪"}, {"ntrianglelefteq", "⋬"}, {"ntriangleright", "⋫"}, {"ntrianglerighteq", "⋭"},
    {"nu", "ν"}, {"nvDash", "⊭"}, {"nvdash", "⊬"}, {"nwarrow", "↖"}, {"o", "ø"}, {"odot", "⊙"}, {"oe", "œ"},
    {"oint", "∮"}, {"omega", "ω"}, {"omicron", "ο"}, {"ominus", "⊖"}, {"openbracketleft", "〚"},
    {"openbracketright", "〛"}, {"oplus", "⊕"}, {"original", "⊶"}, {"oslash", "⊘"}, {"otimes", "⊗"},
    {"parallel", "∥"}, {"partial", "∂"}, {"perp", "⊥"}, {"perspcorrespond", "⩞"}, {"phi", "ϕ"}, {"pi", "π"},
    {"pisces", "♓"}, {"pitchfork", "⋔"}, {"pluto", "♇"}, {"pm", "±"}, {"prec", "≺"}, {"precapprox", "⪷"},
    {"preccurlyeq", "≼"}, {"precedesnotsimilar", "⋨"}, {"preceq", "≼"}, {"precnapprox", "⪹"}, {"precneqq", "⪵"},
    {"precsim", "≾"}, {"prime", "'"}, {"prod", "∏"}, {"propto", "∝"}, {"psi", "ψ"}, {"qquad", "    "},
    {"quad", "  "}, {"quarternote", "♩"}, {"quotedblbase", "„"}, {"quotesinglbase", "‚"}, {"rVert", "‖"},
    {"rangle", "⟩"}, {"rbrace", "}"}, {"rceil", "⌉"}, {"recorder", "⌕"}, {"rfloor", "⌋"}, {"rho", "ρ"},
    {"rightangle", "∟"}, {"rightanglearc", "⊾"}, {"rightarrow", "→"}, {"rightarrowtail", "↣"},
    {"rightharpoondown", "⇁"}, {"rightharpoonup", "⇀"}, {"rightleftarrows", "⇄"}, {"rightleftharpoons", "⇌"},
    {"rightmoon", "☾"}, {"rightrightarrows", "⇉"}, {"rightsquigarrow", "⇝"}, {"rightthreetimes", "⋌"},
    {"risingdotseq", "≓"}, {"rmoustache", "⎱"}, {"rtimes", "⋊"}, {"rvert", "|"}, {"sagittarius", "♐"},
    {"saturn", "♄"}, {"scorpio", "♏"}, {"searrow", "↘"}, {"setminus", "∖"}, {"sharp", "♯"}, {"sigma", "σ"},
    {"sim", "∼"}, {"simeq", "≃"}, {"sin", "sin"}, {"sinh", "sinh"}, {"smallsetminus", "∖"}, {"smile", "⌣"},
    {"sphericalangle", "∢"}, {"sqcap", "⊓"}, {"sqcup", "⊔"}, {"sqrint", "⨖"}, {"sqsubset", "⊏"},
    {"sqsubseteq", "⊑"}, {"sqsupset", "⊐"}, {"sqsupseteq", "⊒"}, {"square", "□"}, {"ss", "ß"}, {"star", "⋆"},
    {"starequal", "≛"}, {"subset", "⊂"}, {"subseteq", "⊆"}, {"subseteqq", "⫅"}, {"subsetneq", "⊊"},
    {"subsetneqq", "⫋"}, {"succ", "≻"}, {"succapprox", "⪸"}, {"succcurlyeq", "≽"}, {"succeq", "≽"},
    {"succnapprox", "⪺"}, {"succneqq", "⪶"}, {"succnsim", "⋩"}, {"succsim", "≿"}, {"sum", "∑"}, {"sup", "sup"},
    {"supset", "⊃"}, {"supseteq", "⊇"}, {"supseteqq", "⫆"}, {"supsetneq", "⊋"}, {"supsetneqq", "⫌"},
    {"surd", "√"}, {"surfintegral", "∯"}, {"swarrow", "↙"}, {"tan", "tan"}, {"tanh", "tanh"}, {"tau", "τ"},
    {"taurus", "♉"}, {"th", "þ"}, {"therefore", "∴"}, {"theta", "θ"}, {"tildetrpl", "≋"}, {"times", "×"},
    {"to", "→"}, {"top", "⊤"}, {"triangledown", "▿"}, {"triangleleft", "◃"}, {"trianglelefteq", "⊴"},
    {"triangleq", "≜"}, {"triangleright", "▹"}, {"trianglerighteq", "⊵"}, {"truestate", "⊧"},
    {"twoheadleftarrow", "↞"}, {"twoheadrightarrow", "↠"}, {"udots", "⋰"}, {"ulcorner", "⌜"}, {"uparrow", "↑"},
    {"updownarrow", "↕"}, {"upharpoonleft", "↿"}, {"upharpoonright", "↾"}, {"uplus", "⊎"}, {"upsilon", "υ"},
    {"upslopeellipsis", "⋰"}, {"upuparrows", "⇈"}, {"uranus", "♅"}, {"urcorner", "⌝"}, {"varepsilon", "ε"},
    {"varkappa", "ϰ"}, {"varnothing", "∅"}, {"varperspcorrespond", "⌆"}, {"varphi", "φ"}, {"varpi", "ϖ"},
    {"varrho", "ϱ"}, {"varsigma", "ς"}, {"vartheta", "ϑ"}, {"vartriangle", "▵"}, {"vartriangleleft", "⊲"},
    {"vartriangleright", "⊳"}, {"vdash", "⊢"}, {"vdots", "⋮"}, {"vee", "∨"}, {"veebar", "⊻"}, {"venus", "♀"},
    {"vert", "|"}, {"verymuchgreater", "⋙"}, {"verymuchless", "⋘"}, {"virgo", "♍"}, {"volintegral", "∰"},
    {"wedge", "∧"}, {"wp", "℘"}, {"wr", "≀"}, {"xi", "ξ"}, {"zeta", "ζ"}, {"{", "{"}, {"}", "}"},
};
// clang-format on

}  // namespace

const char* latex_symbol(std::string_view name) {
  static_assert(std::ranges::is_sorted(kSymbols, {}, &Symbol::name));
  const auto at = std::ranges::lower_bound(kSymbols, name, {}, &Symbol::name);
  return at != std::end(kSymbols) && at->name == name ? at->text : nullptr;
}

}  // namespace hrm::grading
