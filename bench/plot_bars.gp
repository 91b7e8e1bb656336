# Bars by workload. plots.py says in panels.gp, for each panel i: title[i], unit[i], the
# edges left[i], right[i], top[i], bottom[i] as shares of the picture, tick[i] and
# bars[i]; in <i>.txt stand lines of "subject" value colour "label". Colours are numbers
# of roles, which plots.py turns into those of a light and of a dark page.
load data."/panels.gp"
set terminal svg size width, height dynamic font "sans-serif,13" name name
set output output
set style fill solid 1 noborder
set border 2 lc rgb axis
set ytics scale 0 tc rgb text
set xtics scale 0 nomirror tc rgb dim
set grid x lc rgb grid lt 1 lw 1
unset key
set multiplot
do for [i = 1 : panels] {
    set lmargin at screen left[i]
    set rmargin at screen right[i]
    set tmargin at screen top[i]
    set bmargin at screen bottom[i]
    set title title[i] font ",14" tc rgb text offset 0, -0.6
    set xlabel unit[i] tc rgb dim offset 0, 0.6
    set xtics 0, tick[i] offset 0, 0.3
    set xrange [0 : tick[i] * 2.01]
    set yrange [bars[i] - 0.5 : -0.5]
    file = sprintf("%s/%d.txt", data, i)
    plot file using ($2 / 2) : 0 : ($2 / 2) : (0.36) : 3 : ytic(1) \
             with boxxyerror lc rgb variable, \
         file using 2 : 0 : 4 with labels left offset 0.3, 0 tc rgb text
}
unset multiplot
